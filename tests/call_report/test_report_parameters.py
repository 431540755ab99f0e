"""What may be asked of a call report, and how the rest is refused: each field by its name, before any work."""

from typing import Any

import pytest

from tests.support.handoff import Handoff, Person
from tests.support.tables import contents

MOMENTS = {"from": "2026-06-14T10:00:00Z", "to": "2026-06-14T14:00:00+02:00"}
DURATION = "{} must be a number of s, m or h, such as 90m, of 744h at most"
UNKNOWN = "this document takes no such parameter; it takes window, from, to, max_call, time_zone"
MOMENT = "must be a moment with its offset, such as 2026-06-14T10:00:00Z; both ends are needed"
ZONE = "must be the name of a time zone, such as Europe/Berlin"


def asked(person: Person, parameters: dict[str, Any]) -> Any:
    return person.trigger("POST", "/api/exports", body={"document": "call-report", "parameters": parameters})


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"window": "24h", "max_call": "90m", "time_zone": "Europe/Berlin"},
        {"window": "1s", "max_call": "744h"},
        {**MOMENTS, "time_zone": "America/Argentina/Buenos_Aires"},
        {"from": "2000-01-01T00:00+00:00", "to": "2000-12-31T23:59:59.5Z"},
    ],
)
def test_what_may_be_asked(handoff: Handoff, parameters: dict[str, Any]) -> None:
    answer = asked(handoff.signed_in(), parameters)
    assert answer.status == 202
    assert [run["parameters"] for run in contents(handoff)["runs"]] == [parameters]


@pytest.mark.parametrize(
    ("parameters", "problems"),
    [
        (
            {"hours": 2},
            {"hours": UNKNOWN},
        ),
        ({"window": "2"}, {"window": DURATION.format("window")}),
        ({"window": 2}, {"window": DURATION.format("window")}),
        (
            {"window": "745h", "max_call": "0m"},
            {"window": DURATION.format("window"), "max_call": DURATION.format("max_call")},
        ),
        ({"window": "2h", **MOMENTS}, {"window": "give either window, or from and to"}),
        ({"from": MOMENTS["from"]}, {"to": MOMENT}),
        ({"to": MOMENTS["to"]}, {"from": MOMENT}),
        ({"from": "2026-06-14T10:00:00", "to": "2026-02-30T10:00:00Z"}, {"from": MOMENT, "to": MOMENT}),
        ({"from": "yesterday", "to": None}, {"from": MOMENT, "to": MOMENT}),
        ({"from": "1999-12-31T23:59:59Z", "to": "9999-12-31T23:59:59-12:00"}, {"from": MOMENT, "to": MOMENT}),
        ({"from": "2026-06-14T12:00:00Z", "to": MOMENTS["to"]}, {"to": "must be later than from"}),
        ({"from": "2025-06-12T12:00:00Z", "to": MOMENTS["to"]}, {"to": "must be no more than 366 days after from"}),
        ({"time_zone": "Europe/Atlantis"}, {"time_zone": ZONE}),
        ({"time_zone": "../../etc/passwd"}, {"time_zone": ZONE}),
        ({"time_zone": ["UTC"]}, {"time_zone": ZONE}),
        ({"time_zone": "right/UTC"}, {"time_zone": ZONE}),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_of_each_field_and_nothing_is_begun(
    handoff: Handoff, parameters: dict[str, Any], problems: dict[str, str]
) -> None:
    answer = asked(handoff.signed_in(), parameters)
    assert (answer.status, answer.json["type"]) == (422, "urn:handoff:problem:invalid-body")
    told = {problem["field"]: problem["message"] for problem in answer.json["errors"]}
    assert told == {f"parameters.{name}": message for name, message in problems.items()}
    assert contents(handoff)["runs"] == []
