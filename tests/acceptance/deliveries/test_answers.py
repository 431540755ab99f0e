"""What the queue is told: done, come back after the lease, or do not come back; and what it cannot read."""

import base64
import json
from math import ceil
from typing import Any
from uuid import uuid4

import pytest

from tests.support.deliveries import delivery
from tests.support.functions import Answer, invoke
from tests.support.handoff import PRODUCE, Handoff
from tests.support.problems import assert_problem
from tests.support.servers import Source
from tests.support.tables import contents


def sign_and_send(handoff: Handoff, body: bytes, path: str = PRODUCE, **how: Any) -> Answer:
    return invoke(handoff.callback, delivery(path, body, **how))


def report(message: object, **fields: object) -> bytes:
    """What QStash posts to a failure callback: https://upstash.com/docs/qstash/features/callbacks"""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return json.dumps({"status": 500, "sourceBody": base64.b64encode(body).decode(), **fields}).encode()


def assert_can_never_succeed(answer: Answer, code: str = "invalid-delivery") -> None:
    assert_problem(answer, 489, code)
    assert answer.headers["upstash-nonretryable-error"] == "true"


@pytest.mark.line("C6")
def test_a_delivery_that_did_the_work_or_finds_it_done_is_answered_200(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    first = handoff.deliver(export_id)
    assert (first.status, first.json) == (200, {"done": True})
    assert "upstash-nonretryable-error" not in first.headers
    before = contents(handoff)
    again = handoff.deliver(export_id)
    assert (again.status, again.json) == (200, {"done": True})
    assert contents(handoff) == before


@pytest.mark.line("C6")
@pytest.mark.parametrize("state", ["canceled", "failed", "timed_out"])
def test_a_delivery_for_a_run_that_ended_is_answered_200_and_does_no_work(
    state: str, handoff: Handoff, source: Source
) -> None:
    export_id = handoff.person().request_export()
    handoff.rows("UPDATE runs SET state = %(state)s::run_state, ended_at = now(), outcome = 'deadline'", state=state)
    before = contents(handoff)
    answer = handoff.deliver(export_id)
    assert (answer.status, answer.json) == (200, {"done": True})
    assert contents(handoff) == before
    assert source.requests == 0


@pytest.mark.line("C6")
@pytest.mark.parametrize("seconds", [0.7, 12, 29.5])
def test_a_run_leased_by_another_worker_is_409_with_the_seconds_left_and_one_more(
    seconds: float, handoff: Handoff, source: Source
) -> None:
    export_id = handoff.person().request_export()
    handoff.rows(
        "UPDATE runs SET state = 'running', lease_token = gen_random_uuid(),"
        " lease_expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)",
        seconds=seconds,
    )
    before = contents(handoff)
    left = "SELECT extract(epoch FROM lease_expires_at - clock_timestamp())::float8 AS left FROM runs"
    most = handoff.rows(left)[0]["left"]
    answer = handoff.deliver(export_id)
    least = handoff.rows(left)[0]["left"]
    assert_problem(answer, 409, "leased")
    assert ceil(least) + 1 <= int(answer.headers["retry-after"]) <= ceil(most) + 1
    assert "upstash-nonretryable-error" not in answer.headers
    assert contents(handoff) == before
    assert source.requests == 0


@pytest.mark.line("C6")
def test_work_that_can_never_succeed_is_489_and_ends_the_run_at_once(handoff: Handoff, source: Source) -> None:
    source.body = b"<html>not a document</html>"
    person = handoff.person()
    export_id = person.request_export()
    answer = handoff.deliver(export_id)
    assert_can_never_succeed(answer, "attempt-failed")
    export = person.export(export_id)
    assert (export["state"], export["attempt"], export["problem"]["code"]) == ("failed", 1, "not_a_pdf")
    assert export["problem"]["reference"] == answer.headers["x-request-id"]
    assert handoff.rows("SELECT count(*) FROM outbox") == [{"count": 0}]


@pytest.mark.line("C6")
@pytest.mark.parametrize("path", [PRODUCE, "/api/jobs/no_such_job"])
def test_a_delivery_for_what_is_not_there_can_never_succeed(path: str, standing: Handoff) -> None:
    """A run is committed before its message exists, so one that is not there was deleted."""
    before = contents(standing)
    assert_can_never_succeed(sign_and_send(standing, json.dumps({"id": str(uuid4()), "try": 1}).encode(), path))
    assert contents(standing) == before


@pytest.mark.line("C6")
def test_the_largest_try_there_can_be_is_read(handoff: Handoff) -> None:
    assert handoff.deliver(handoff.person().request_export(), run_try=2**31 - 1).status == 200


UNREADABLE = {
    "nothing": b"",
    "no JSON": b"{",
    "null": b"null",
    "a list": b"[]",
    "a number": b"1",
    "not UTF-8": b"\xff\xfe\xfd",
    "deeply nested": b"[" * 50_000,
    "an id of digits": b'{"id": 1, "try": 1}',
    "no id": b'{"try": 1}',
    "an id that is no UUID": b'{"id": "../../etc", "try": 1}',
    "an id with a NUL": b'{"id": "00000000-0000-4000-8000-00000000000\\u0000", "try": 1}',
    "a try that is text": b'{"id": "00000000-0000-4000-8000-000000000000", "try": "1"}',
    "a try that is true": b'{"id": "00000000-0000-4000-8000-000000000000", "try": true}',
    "a try with a fraction": b'{"id": "00000000-0000-4000-8000-000000000000", "try": 1.5}',
    "a try of zero": b'{"id": "00000000-0000-4000-8000-000000000000", "try": 0}',
    "a negative try": b'{"id": "00000000-0000-4000-8000-000000000000", "try": -1}',
    "a try that Postgres' integer does not hold": b'{"id": "00000000-0000-4000-8000-000000000000", "try": 2147483648}',
    "an enormous try": b'{"id": "00000000-0000-4000-8000-000000000000", "try": %d}' % 10**30,
    "a try of 5000 digits": b'{"id": "00000000-0000-4000-8000-000000000000", "try": ' + b"9" * 5000 + b"}",
    "a field too many": b'{"id": "00000000-0000-4000-8000-000000000000", "try": 1, "url": "http://evil"}',
}


@pytest.mark.line("C6")
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_signed_message_that_cannot_be_read_can_never_succeed(body: bytes, standing: Handoff) -> None:
    before = contents(standing)
    assert_can_never_succeed(sign_and_send(standing, body))
    assert_can_never_succeed(sign_and_send(standing, report(body), f"{PRODUCE}/failed"))
    assert contents(standing) == before


UNREADABLE_REPORTS = {
    "nothing": b"",
    "a list": b"[]",
    "no source body": b'{"status": 500}',
    "a source body that is no text": b'{"sourceBody": 1}',
    "a source body that is null": b'{"sourceBody": null}',
    "a source body that is no base64": b'{"sourceBody": "!"}',
    "a source body with a lone surrogate": b'{"sourceBody": "\\ud800"}',
    "deeply nested": b'{"sourceBody": ' + b"[" * 50_000,
    "not UTF-8": b'{"sourceBody": "\xff"}',
}


@pytest.mark.line("C6")
@pytest.mark.parametrize("body", UNREADABLE_REPORTS.values(), ids=UNREADABLE_REPORTS)
def test_a_signed_report_that_cannot_be_read_can_never_succeed(body: bytes, standing: Handoff) -> None:
    before = contents(standing)
    assert_can_never_succeed(sign_and_send(standing, body, f"{PRODUCE}/failed"))
    assert contents(standing) == before


@pytest.mark.line("C6")
@pytest.mark.parametrize("dead_letter_id", ["a\0b", "\ud800", "x" * 5000, ["a"], {"a": 1}, 0, None, "", 1.5, True])
def test_whatever_the_dead_letter_id_looks_like_the_report_counts(dead_letter_id: object, standing: Handoff) -> None:
    person = standing.person()
    export_id = person.request_export()
    body = report({"id": export_id, "try": 1}, dlqId=dead_letter_id)
    answer = sign_and_send(standing, body, f"{PRODUCE}/failed")
    assert (answer.status, answer.json) == (200, {"recorded": True})
    assert person.export(export_id)["state"] == "failed"


@pytest.mark.line("C6")
@pytest.mark.parametrize("retried", ["", "x", "-1", "1.5", "9" * 5000, "²", "٣", "1e3", " 1", "0x1"])
def test_an_odd_count_of_attempts_is_no_reason_to_fail(retried: str, standing: Handoff) -> None:
    """That header is not covered by the signature."""
    person = standing.person()
    export_id = person.request_export()
    sent = delivery(PRODUCE, json.dumps({"id": export_id, "try": 1}).encode())
    sent["headers"]["upstash-retried"] = retried
    assert invoke(standing.callback, sent).status == 200
    assert person.export(export_id)["state"] == "ready"
