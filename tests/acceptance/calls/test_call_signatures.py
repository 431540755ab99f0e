"""What is not signed by the carrier, just now, is 401, and leaves no trace."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from handoff.calls.carriers.twilio import signature
from tests.support.calls import FORM, deliver_all, sign, started, tell, tell_as_twilio
from tests.support.environment import CALL_SECRET, DELIVERY_URL, PUBLIC_URL, TWILIO_TOKEN
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff
from tests.support.problems import assert_problem, without_reference
from tests.support.tables import contents

OTHER_SECRET = "whsec_" + base64.b64encode(b"o" * 24).decode()
BODY = b'{"type": "call.rang"}'
FIELDS = {"CallSid": "CA1", "CallStatus": "completed", "From": "+1 2", "Note": ""}

UNSIGNED: dict[str, dict[str, str | None]] = {
    "no signature": {"webhook-signature": None},
    "no id": {"webhook-id": None},
    "no timestamp": {"webhook-timestamp": None},
    "an empty signature": {"webhook-signature": ""},
    "another id": {"webhook-id": "msg_2"},
    "a timestamp a second later": {"webhook-timestamp": "{next}"},
    "a timestamp that is none": {"webhook-timestamp": "now"},
    "a timestamp that is not a number": {"webhook-timestamp": "nan"},
    "a timestamp without end": {"webhook-timestamp": "inf"},
    "another version": {"webhook-signature": "v2,{signature}"},
    "no version": {"webhook-signature": "{signature}"},
    "a comma too many": {"webhook-signature": "v1,{signature},v1"},
    "not base64": {"webhook-signature": "v1,§§§"},
    "base64 of nothing": {"webhook-signature": "v1,"},
    "a signature cut short": {"webhook-signature": "v1,{short}"},
    "another secret's": {"webhook-signature": "v1,{another}"},
}


def changed(headers: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    signed = headers["webhook-signature"].removeprefix("v1,")
    another = sign(BODY, event_id="msg_1", secret=OTHER_SECRET)["webhook-signature"].removeprefix("v1,")
    parts = {
        "signature": signed, "short": signed[:20], "another": another,
        "next": str(int(headers["webhook-timestamp"]) + 1),
    }  # fmt: skip
    kept = {name: value for name, value in headers.items() if name not in changes}
    return kept | {name: value.format(**parts) for name, value in changes.items() if value is not None}


def post(handoff: Handoff, headers: dict[str, str], body: bytes = BODY) -> Answer:
    return invoke(handoff.trigger, event("POST", "/events", body=body, headers=headers))


def assert_refused(handoff: Handoff, answer: Answer) -> None:
    problem = assert_problem(answer, 401, "unsigned-event")
    assert problem["detail"] == "The event's signature is not valid."
    assert handoff.queue.published == []
    assert not any(contents(handoff).values())


@pytest.mark.line("E4")
@pytest.mark.parametrize("changes", UNSIGNED.values(), ids=UNSIGNED)
def test_an_event_that_is_not_signed_as_it_is_is_refused(changes: dict[str, str | None], handoff: Handoff) -> None:
    headers = sign(BODY, event_id="msg_1")
    assert_refused(handoff, post(handoff, changed(headers, changes)))
    assert post(handoff, headers).status == 202


@pytest.mark.line("E4")
@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], b"", b"null", b"\xff\xfe", BODY.replace(b"rang", b"rung")])
def test_another_body_than_the_one_that_was_signed_is_refused(body: bytes, handoff: Handoff) -> None:
    assert_refused(handoff, post(handoff, sign(BODY, event_id="msg_1"), body))


@pytest.mark.line("E4")
def test_every_refusal_is_the_same_answer(handoff: Handoff) -> None:
    refused = [post(handoff, changed(sign(BODY, event_id="msg_1"), changes)) for changes in UNSIGNED.values()]
    assert len({repr(without_reference(answer)) for answer in refused}) == 1


@pytest.mark.line("E4")
@pytest.mark.parametrize(("seconds", "status"), [(310, 401), (280, 202), (-280, 202), (-310, 401), (86_400, 401)])
def test_an_event_is_taken_within_five_minutes_of_its_timestamp(seconds: int, status: int, handoff: Handoff) -> None:
    answer = tell(handoff, BODY, ago=timedelta(seconds=seconds))
    assert answer.status == status
    assert len(handoff.queue.published) == (status == 202)


@pytest.mark.line("E4")
def test_while_a_secret_is_replaced_both_are_accepted_and_no_third(handoff: Handoff) -> None:
    third = "whsec_" + base64.b64encode(b"t" * 24).decode()
    handoff.environment["CALL_WEBHOOK_SECRETS"] = f"{OTHER_SECRET},{CALL_SECRET}"
    assert [tell(handoff, BODY, secret=each).status for each in (CALL_SECRET, OTHER_SECRET, third)] == [202, 202, 401]


@pytest.mark.line("E4")
def test_one_of_several_signatures_is_enough(handoff: Handoff) -> None:
    """A sender that is replacing its secret signs with both."""
    headers = sign(BODY, event_id="msg_1")
    headers["webhook-signature"] = "v1a,AAAA v1,AAAA " + headers["webhook-signature"]
    assert post(handoff, headers).status == 202


@pytest.mark.line("E4")
def test_a_carrier_without_a_secret_is_not_there(handoff: Handoff) -> None:
    handoff.environment["TWILIO_AUTH_TOKENS"] = ""
    assert_problem(tell_as_twilio(handoff, FIELDS), 404, "not-found")
    assert tell(handoff, BODY).status == 202


# Twilio


def forms(url: str, fields: dict[str, str], **headers: str) -> dict[str, Any]:
    signed = {"Content-Type": FORM, "X-Twilio-Signature": signature(url, list(fields.items()), TWILIO_TOKEN)}
    return signed | {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.line("E4")
@pytest.mark.parametrize("base", [PUBLIC_URL, DELIVERY_URL])
def test_twilio_signs_an_address_that_is_configured_with_or_without_its_port(base: str, handoff: Handoff) -> None:
    assert tell_as_twilio(handoff, FIELDS, base=base).status == 202
    assert tell_as_twilio(handoff, FIELDS, base=base.rpartition(":")[0]).status == 202
    assert tell_as_twilio(handoff, FIELDS, base=base, query="tenant=1&x=%20").status == 202


@pytest.mark.line("E4")
@pytest.mark.parametrize("url", ["http://evil.example/events/twilio", f"{PUBLIC_URL}/events", f"{PUBLIC_URL}/events/x"])
def test_what_host_a_request_names_and_what_address_was_signed_instead_changes_nothing(
    url: str, handoff: Handoff
) -> None:
    named = forms(url, FIELDS, Host="evil.example", X_Forwarded_Host="evil.example", X_Forwarded_Proto="http")
    sent = event("POST", "/events/twilio", body="CallSid=CA1&CallStatus=completed&From=%2B1+2&Note=", headers=named)
    assert_refused(handoff, invoke(handoff.trigger, sent))


@pytest.mark.line("E4")
@pytest.mark.parametrize(
    "body",
    [b"CallSid=CA2&CallStatus=completed&From=%2B1+2&Note=", b"CallSid=CA1", b"", b"\xff", b"&" * 1000, b"a=1&" * 501],
)
def test_another_form_than_the_one_that_was_signed_is_refused(body: bytes, handoff: Handoff) -> None:
    sent = event("POST", "/events/twilio", body=body, headers=forms(f"{PUBLIC_URL}/events/twilio", FIELDS))
    assert_refused(handoff, invoke(handoff.trigger, sent))


@pytest.mark.line("E4")
@pytest.mark.parametrize("given", ["", "AAAA", "é", "v1,AAAA"])
def test_a_signature_that_is_none_of_twilios_is_refused(given: str, handoff: Handoff) -> None:
    headers = forms(f"{PUBLIC_URL}/events/twilio", FIELDS) | {"X-Twilio-Signature": given}
    assert_refused(handoff, invoke(handoff.trigger, event("POST", "/events/twilio", body=b"", headers=headers)))


@pytest.mark.line("E4")
def test_both_auth_tokens_are_accepted_while_they_are_changed(handoff: Handoff) -> None:
    handoff.environment["TWILIO_AUTH_TOKENS"] = f"{'8' * 32},{TWILIO_TOKEN}"
    found = [tell_as_twilio(handoff, FIELDS, token=token).status for token in (TWILIO_TOKEN, "8" * 32, "9" * 32)]
    assert found == [202, 202, 401]


@pytest.mark.line("E4")
def test_an_old_request_of_twilios_that_is_sent_again_changes_nothing(handoff: Handoff) -> None:
    """Its signature holds no time, so it is valid for ever."""
    for _ in range(2):
        assert tell_as_twilio(handoff, FIELDS).status == 202
        deliver_all(handoff)
    assert [row["events"] for row in contents(handoff)["calls"]] == [1]


@pytest.mark.line("E4")
def test_a_secret_of_one_carrier_is_no_secret_of_another(handoff: Handoff) -> None:
    answer = invoke(handoff.trigger, event("POST", "/events/twilio", body=BODY, headers=sign(BODY, event_id="msg_1")))
    assert_refused(handoff, answer)
    assert_refused(
        handoff, invoke(handoff.trigger, event("POST", "/events", body=b"", headers=forms(f"{PUBLIC_URL}/events", {})))
    )
    assert tell(handoff, started("c")).status == 202
