"""What comes past CloudFront is refused, unless its signature says who sent it."""

from types import ModuleType
from typing import Any

import pytest

from tests.support.calls import started, tell, tell_as_twilio
from tests.support.environment import DELIVERY_URL
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff
from tests.support.problems import assert_problem

SECRET, NEXT = "current" * 8, "next-one" * 8
BEHIND_CLOUDFRONT = {"ORIGIN_SECRET": SECRET, "ORIGIN_SECRET_NEXT": NEXT}
REQUESTS = [
    ("status", "GET", "/api/session"),
    ("status", "GET", "/api/exports"),
    ("status", "GET", "/api/health"),
    ("status", "GET", "/events/failures"),
    ("status", "GET", "/nowhere"),
    ("trigger", "POST", "/api/exports"),
    ("trigger", "POST", "/api/session"),
    ("trigger", "DELETE", "/api/session"),
    ("download", "GET", "/download/guess"),
    ("download", "HEAD", "/download/guess"),
]


def asked(module: ModuleType, method: str, path: str, **headers: str) -> Answer:
    return invoke(
        module, event(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    )


@pytest.mark.parametrize(("function", "method", "path"), REQUESTS)
def test_a_request_that_did_not_come_through_cloudfront_is_refused(
    function: str, method: str, path: str, handoff: Handoff
) -> None:
    module = handoff.load(function, **BEHIND_CLOUDFRONT)
    for wrong in (
        {},
        {"x_origin_secret": ""},
        {"x_origin_secret": SECRET[:-1]},
        {"x_origin_secret": f"{SECRET},{NEXT}"},
    ):
        assert_problem(asked(module, method, path, **wrong), 403, "direct-request")
    assert asked(module, method, path, x_origin_secret="né" * 20).status == 403


@pytest.mark.parametrize(("function", "method", "path"), REQUESTS)
def test_with_either_secret_it_is_answered_as_ever(function: str, method: str, path: str, handoff: Handoff) -> None:
    plain = asked(handoff.load(function), method, path)
    module = handoff.load(function, **BEHIND_CLOUDFRONT)
    for secret in (SECRET, NEXT):
        assert asked(module, method, path, X_Origin_Secret=secret).status == plain.status != 403


def test_while_no_other_is_accepted_an_empty_one_is_none(handoff: Handoff) -> None:
    module = handoff.load("status", ORIGIN_SECRET=SECRET)
    assert asked(module, "GET", "/api/session", x_origin_secret="").status == 403
    assert asked(module, "GET", "/api/session", x_origin_secret=SECRET).status == 200


def test_a_carriers_event_may_come_directly_because_it_is_signed(handoff: Handoff) -> None:
    handoff.trigger = handoff.load("trigger", **BEHIND_CLOUDFRONT)
    assert tell(handoff, started("call-1")).status == 202
    form = {"CallSid": "CA1", "CallStatus": "in-progress", "Timestamp": "Wed, 25 Nov 2026 12:00:00 +0000"}
    assert tell_as_twilio(handoff, form, base=DELIVERY_URL).status == 202
    unsigned = invoke(handoff.trigger, event("POST", "/events", body={}))
    assert_problem(unsigned, 401, "unsigned-event")


def test_the_queues_deliveries_need_no_secret_because_they_are_signed(handoff: Handoff) -> None:
    export_id = handoff.person().request_export()
    handoff.callback = handoff.load("callback", **BEHIND_CLOUDFRONT)
    assert handoff.deliver(export_id).status == 200


def test_a_refusal_is_logged_without_any_secret(handoff: Handoff, log_lines: list[dict[str, Any]]) -> None:
    module = handoff.load("status", **BEHIND_CLOUDFRONT)
    asked(module, "GET", "/api/session", x_origin_secret="guess" * 9)
    (line,) = [line for line in log_lines if line["message"] == "request"]
    assert line["status"] == 403
    assert SECRET not in str(log_lines)
    assert "guess" not in str(log_lines)
