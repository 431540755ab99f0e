"""From a carrier's event to a file in somebody's hands, on the whole stack: queue, functions, Postgres and store."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.call_report.reading import Tags
from tests.support.calls import ended, sign, started
from tests.support.images import SIGN_IN, Customer
from tests.support.stack import LocalStack, local_stack, wait_for


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(tmp_path_factory.mktemp("report"), None, **SIGN_IN) as running:
        yield running


def test_what_carriers_told_is_in_the_report_that_a_link_gives(stack: LocalStack) -> None:
    visitor = Customer(stack)
    minute = timedelta(minutes=1)
    told = [
        started("lost", 90 * minute),
        started("kept", 30 * minute),
        ended("kept", 28 * minute),
        started("new", minute),
    ]
    for number, event in enumerate(told):
        body = json.dumps(event).encode()
        signed = sign(body, event_id=f"msg_{number}", secret=stack.settings["CALL_WEBHOOK_SECRETS"].split(",")[0])
        assert visitor.http.post("/events", content=body, headers=signed).status_code == 202
    wait_for(lambda: stack.rows("SELECT sum(events) = 4 AS all_told FROM calls")[0]["all_told"])

    wish = {"document": "call-report", "parameters": {"window": "2h", "time_zone": "Asia/Kathmandu"}}
    asked = visitor.http.post("/api/exports", json=wish)
    assert asked.status_code == 202, asked.text
    export = visitor.wait_for_end(asked.json()["id"])
    assert (export["state"], export["title"], export["problem"]) == ("ready", "Call report", None)
    given = visitor.http.get(export["links"][0]["url"])
    assert (given.status_code, given.headers["content-type"]) == (200, "application/pdf")
    missing, others = Tags(given.content).tables()
    assert [row[0] for row in missing[1:]] == ["generic lost"]
    assert [row[0] for row in others[1:]] == ["generic kept", "generic new"]
    assert others[1][3] in ("lasted 1:59", "lasted 2:00")
