"""What each carrier's words become."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from handoff.calls.carriers.twilio import KINDS, signature
from tests.support.calls import FORM, calls, deliver_all, sign, started, tell, tell_as_twilio
from tests.support.environment import PUBLIC_URL, TWILIO_TOKEN
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff
from tests.support.problems import assert_problem
from tests.support.tables import contents

DOCUMENTED = {
    "CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234", "From": "+12349013030",
    "To": "+18005551212",
}  # fmt: skip
WITH_ANOTHER_CALLER = {**DOCUMENTED, "Caller": "+14158675309", "From": "+14158675309"}
REPEATED = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # https://www.twilio.com/docs/usage/security#validating-requests
        (list(DOCUMENTED.items()), "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        # https://github.com/twilio/twilio-python/blob/main/tests/unit/test_request_validator.py
        (list(WITH_ANOTHER_CALLER.items()), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    ],
)
def test_twilios_own_samples_are_signed_as_twilio_says(fields: list[tuple[str, str]], expected: str) -> None:
    assert signature("https://mycompany.com/myapp.php?foo=1&bar=2", fields, "12345") == expected


def recorded(handoff: Handoff, answer: Answer) -> dict[str, Any]:
    """The one event that was told."""
    assert answer.status == 202, answer.body
    deliver_all(handoff)
    (row,) = contents(handoff)["call_events"]
    found: dict[str, Any] = row
    return found


# https://www.twilio.com/docs/voice/api/call-resource#call-status-values
STATUSES = {
    "queued": "other", "initiated": "started", "ringing": "started", "in-progress": "started", "completed": "ended",
    "busy": "ended", "failed": "ended", "no-answer": "ended", "canceled": "ended",
}  # fmt: skip


def test_every_status_of_twilios_is_known() -> None:
    assert KINDS == STATUSES


@pytest.mark.parametrize(("status", "kind"), STATUSES.items())
def test_each_of_twilios_statuses_says_what_it_says_of_a_call(status: str, kind: str, handoff: Handoff) -> None:
    fields = {
        "CallSid": "CA1", "CallStatus": status, "Timestamp": "Sat, 31 Jan 2026 14:03:20 +0000", "From": "+1 234",
        "To": "client:tommy", "AccountSid": "AC1", "SequenceNumber": "2",
    }  # fmt: skip
    row = recorded(handoff, tell_as_twilio(handoff, fields))
    assert (row["kind"], row["name"], row["call_id"], row["at"]) == (kind, status, "CA1", "2026-01-31T14:03:20+00:00")
    assert row["raw"] == urlencode(fields)
    (call,) = calls(handoff)
    assert (call["caller"], call["callee"]) == ("+1 234", "client:tommy")
    assert (call["started_at"] is not None, call["ended_at"] is not None) == (kind == "started", kind == "ended")
    assert call["end_reason"] == (status if kind == "ended" else None)


@pytest.mark.line("E3")
@pytest.mark.parametrize(
    "fields",
    [
        {"CallSid": "CA1", "CallStatus": "levitating"},
        {"CallSid": "CA1"},
        {"CallSid": "CA1", "CallStatus": ""},
        {"CallStatus": "levitating"},
        {"CallSid": "\0", "CallStatus": "levitating"},
        {"something": "else"},
    ],
)
def test_what_twilio_says_in_words_that_are_not_known_is_kept(fields: dict[str, str], handoff: Handoff) -> None:
    row = recorded(handoff, tell_as_twilio(handoff, fields))
    assert (row["kind"], row["raw"]) == ("other", urlencode(fields))
    assert len(calls(handoff)) == (fields.get("CallSid") == "CA1")


@pytest.mark.parametrize("timestamp", ["", "soon", "Sat, 99 Jan 2026 14:03:20 +0000", "2026-01-31T14:03:20Z"])
def test_without_a_time_that_can_be_read_it_is_when_twilio_told(timestamp: str, handoff: Handoff) -> None:
    row = recorded(handoff, tell_as_twilio(handoff, {"CallSid": "CA1", "CallStatus": "busy", "Timestamp": timestamp}))
    (age,) = handoff.rows("SELECT abs(extract(epoch FROM at - created_at)) < 60 AS is_now FROM call_events")
    assert age["is_now"], row


def test_a_status_of_no_call_is_refused_by_name(handoff: Handoff) -> None:
    for fields in ({"CallStatus": "completed"}, {"CallStatus": "completed", "CallSid": "x" * 201}):
        problem = assert_problem(tell_as_twilio(handoff, fields), 422, "invalid-body")
        assert [entry["field"] for entry in problem["errors"]] == ["CallSid"]
    assert handoff.queue.published == []


def test_a_form_that_cannot_be_stored_is_refused(handoff: Handoff) -> None:
    """Postgres has no text with a NUL character; spelled as %00 it is one like any other."""
    signed = signature(f"{PUBLIC_URL}/events/twilio", [("CallSid", "CA1"), ("Note", "\0")], TWILIO_TOKEN)
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signed}
    answers = [
        invoke(handoff.trigger, event("POST", "/events/twilio", body=body, headers=headers))
        for body in (b"CallSid=CA1&Note=\0", b"CallSid=CA1&Note=%00")
    ]
    assert_problem(answers[0], 422, "invalid-body")
    assert recorded(handoff, answers[1])["raw"] == "CallSid=CA1&Note=%00"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", "multipart/form-data"])
def test_twilios_form_under_another_type_is_refused(content_type: str, handoff: Handoff) -> None:
    fields = {"CallSid": "CA1", "CallStatus": "busy"}
    signed = signature(f"{PUBLIC_URL}/events/twilio", list(fields.items()), TWILIO_TOKEN)
    headers = {"Content-Type": content_type, "X-Twilio-Signature": signed}
    sent = event("POST", "/events/twilio", body=urlencode(fields).encode(), headers=headers)
    problem = assert_problem(invoke(handoff.trigger, sent), 415, "unsupported-media-type")
    assert FORM in problem["detail"]


# Any carrier


@pytest.mark.line("E3")
@pytest.mark.parametrize(
    "body",
    [
        {"type": "call.levitated", "timestamp": "2026-01-31T14:03:20Z", "data": {"call_id": "c"}},
        {"type": "call.levitated", "data": {"call_id": "c"}, "more": [{}]},
        {"type": "call.levitated", "timestamp": "soon", "data": {"call_id": "c"}},
        {"type": "call.levitated"},
        {"type": "x" * 200, "data": None},
        {"type": "call.levitated", "data": {"call_id": {}}},
        {"type": "CALL.STARTED", "data": {"call_id": "\0"}},
    ],
)
def test_an_event_of_an_unknown_type_is_kept_as_it_came(body: dict[str, Any], handoff: Handoff) -> None:
    raw = json.dumps(body, indent=1).encode()
    row = recorded(handoff, tell(handoff, raw, event_id="msg_1"))
    assert (row["event_id"], row["kind"], row["name"], row["raw"]) == ("msg_1", "other", body["type"], raw.decode())
    assert len(calls(handoff)) == (body.get("data") in ({"call_id": "c"},))


NO_IDS: list[Any] = ["", 17, None, [], "x" * 201, "a\0b", "a\x7f", "\ud800"]

WRONG: Mapping[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, ["type"]),
    "no type": ({"timestamp": "2026-01-31T14:03:20Z", "data": {"call_id": "c"}}, ["type"]),
    "a type that is a number": ({"type": 1}, ["type"]),
    "an empty type": ({"type": ""}, ["type"]),
    "a type that is too long": ({"type": "x" * 201}, ["type"]),
    "a type with a control character": ({"type": "a\nb"}, ["type"]),
    "no time and no data": ({"type": "call.ended"}, ["timestamp", "data.call_id"]),
    "data that is a list": ({"type": "call.ended", "timestamp": "2026-01-31T14:03:20Z", "data": []}, ["data.call_id"]),
    **{
        f"the time {moment!r}": (
            {"type": "call.started", "timestamp": moment, "data": {"call_id": "c"}}, ["timestamp"]
        )
        for moment in (
            "", "now", 1769868200, None, "2026-01-31", "2026-01-31T14:03:20", "2026-01-31 14:03:20Z",
            "2026-02-30T14:03:20Z", "2026-01-31T24:03:20Z", "1969-12-31T23:59:59Z", "20260131T140320Z",
            "2026-W05-6T14:03:20Z", "9999-12-31T23:59:59-01:00", "2026-01-31T14:03:20+24:00",
        )
    },
    **{
        f"the call {call_id!r}": (
            {"type": "call.started", "timestamp": "2026-01-31T14:03:20Z", "data": {"call_id": call_id}},
            ["data.call_id"],
        )
        for call_id in NO_IDS
    },
}  # fmt: skip


@pytest.mark.parametrize(("body", "fields"), WRONG.values(), ids=WRONG)
def test_what_an_event_must_say_is_named_where_it_does_not(
    body: dict[str, Any], fields: list[str], handoff: Handoff
) -> None:
    problem = assert_problem(tell(handoff, body), 422, "invalid-body")
    assert [entry["field"] for entry in problem["errors"]] == fields
    assert handoff.queue.published == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"type": NaN}x', b"[" * 60_000, b'{"type": ' + b"1" * 5000 + b"}", b'{"type": "a\nb"}',
     b"\xef\xbb\xbf{}"],
    ids=["empty", "half", "NaN", "deep", "a long number", "a control character", "a byte order mark"],
)  # fmt: skip
def test_what_is_not_json_is_refused(body: bytes, handoff: Handoff) -> None:
    assert_problem(tell(handoff, body), 400, "malformed-json")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"1", b'{"type": "x"}\0'])
def test_what_is_no_object_is_refused(body: bytes, handoff: Handoff) -> None:
    assert tell(handoff, body).status in (400, 422)
    assert handoff.queue.published == []


def test_a_body_that_is_not_said_to_be_json_is_refused(handoff: Handoff) -> None:
    body = b'{"type": "x"}'
    headers = sign(body, event_id="msg_1") | {"Content-Type": FORM}
    answer = invoke(handoff.trigger, event("POST", "/events", body=body, headers=headers))
    assert_problem(answer, 415, "unsupported-media-type")


@pytest.mark.parametrize("event_id", ["a b", "x" * 201, "\x7f"])
def test_an_id_that_cannot_be_one_is_refused(event_id: str, handoff: Handoff) -> None:
    assert_problem(tell(handoff, started("c"), event_id=event_id), 400, "invalid-header")


def test_a_body_of_64_kb_is_taken_and_a_larger_one_is_not(handoff: Handoff) -> None:
    body = json.dumps({"type": "call.rang", "data": {"call_id": "c", "note": ""}})
    filled = body.replace('""', '"' + "é" * ((65_536 - len(body)) // 2) + '"').encode()
    row = recorded(handoff, tell(handoff, filled))
    assert row["raw"].encode() == filled
    assert_problem(tell(handoff, filled + b"  "), 413, "body-too-large")


def test_what_an_event_can_do_without_is_not_shown_where_it_is_no_text(handoff: Handoff) -> None:
    data: Any = {"from": 17, "to": "a\0b", "reason": ["x"]}
    recorded(handoff, tell(handoff, started("c", **data)))
    (call,) = calls(handoff)
    assert (call["caller"], call["callee"], call["end_reason"]) == (None, None, None)


def test_two_carriers_calls_of_one_id_are_two(handoff: Handoff) -> None:
    assert tell(handoff, started("CA1")).status == 202
    assert tell_as_twilio(handoff, {"CallSid": "CA1", "CallStatus": "ringing"}).status == 202
    deliver_all(handoff)
    assert [(call["carrier"], call["call_id"]) for call in calls(handoff)] == [("generic", "CA1"), ("twilio", "CA1")]
