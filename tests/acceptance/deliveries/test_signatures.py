"""What is signed by the queue is accepted: with either key, within a minute of clock skew, however the body came."""

import base64
import json

import pytest

from handoff.errors import SettingError, UnsignedDeliveryError
from handoff.jobs.queues.base import SignedRequest
from handoff.jobs.queues.qstash import QStashQueue
from tests.acceptance.deliveries.forgeries import token
from tests.support.deliveries import claims, delivery
from tests.support.environment import DELIVERY_URL, NEXT_SIGNING_KEY, PUBLIC_URL, SIGNING_KEY
from tests.support.functions import invoke
from tests.support.handoff import PRODUCE, Handoff
from tests.support.problems import assert_problem

HOSTILE = {
    "host": "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "gopher",
    "x-forwarded-port": "1",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-prefix": "/evil",
    "forwarded": 'host="evil.example";proto=https',
    "x-original-url": "/api/jobs/other",
    "x-rewrite-url": "/api/jobs/other",
    "x-http-method-override": "GET",
}


def message(handoff: Handoff) -> tuple[str, bytes]:
    """A new export's id, and the body of its message."""
    export_id = handoff.person().request_export()
    return export_id, json.dumps({"id": export_id, "try": 1}).encode()


def state(handoff: Handoff, export_id: str) -> str:
    found: str = handoff.rows("SELECT state::text FROM runs WHERE id = %(id)s", id=export_id)[0]["state"]
    return found


@pytest.mark.line("C2")
@pytest.mark.parametrize("key", [SIGNING_KEY, NEXT_SIGNING_KEY], ids=["current", "next"])
@pytest.mark.parametrize("seconds", [{}, {"exp": -50}, {"nbf": 50}, {"iat": 50, "nbf": 50, "exp": 350}], ids=str)
def test_a_delivery_signed_with_either_key_is_accepted_within_a_minute_of_skew(
    key: str, seconds: dict[str, int], standing: Handoff
) -> None:
    export_id, body = message(standing)
    now = claims(PRODUCE, body)["iat"]
    answer = invoke(
        standing.callback, delivery(PRODUCE, body, key=key, **{name: now + by for name, by in seconds.items()})
    )
    assert (answer.status, answer.json) == (200, {"done": True})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "private, no-store"
    assert state(standing, export_id) == "ready"


@pytest.mark.line("C2")
def test_a_body_is_accepted_as_text_and_in_base64(standing: Handoff) -> None:
    for in_base64 in (True, False):
        export_id, body = message(standing)
        sent = delivery(PRODUCE, body)
        assert sent["isBase64Encoded"]
        assert base64.b64decode(sent["body"]) == body
        if not in_base64:
            sent |= {"body": body.decode(), "isBase64Encoded": False}
        assert invoke(standing.callback, sent).status == 200
        assert state(standing, export_id) == "ready"


@pytest.mark.line("C2")
def test_a_body_claim_is_accepted_with_its_padding_too(standing: Handoff) -> None:
    """QStash's documentation shows it padded: https://upstash.com/docs/qstash/howto/signature"""
    export_id, body = message(standing)
    sent = delivery(PRODUCE, body)
    assert not claims(PRODUCE, body)["body"].endswith("=")
    sent["headers"]["upstash-signature"] = token({**claims(PRODUCE, body), "body": claims(PRODUCE, body)["body"] + "="})
    assert invoke(standing.callback, sent).status == 200
    assert state(standing, export_id) == "ready"


@pytest.mark.line("C3")
@pytest.mark.parametrize("name", ["QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY"])
@pytest.mark.parametrize("value", ["", "k", "k" * 31], ids=["unset", "one character", "31 characters"])
def test_callback_does_not_start_with_a_signing_key_that_is_unset_or_short(
    name: str, value: str, standing: Handoff
) -> None:
    with pytest.raises(SettingError) as refused:
        standing.load("callback", **{name: value})
    why = "is not set" if not value else "must have at least 32 characters"
    assert str(refused.value).startswith("callback cannot start: ")
    assert f"{name} {why}" in str(refused.value)
    assert value == "" or value not in str(refused.value).replace("callback", "")


@pytest.mark.line("C3")
@pytest.mark.parametrize("keys", [("", "n" * 32), ("c" * 32, ""), ("c" * 31, "n" * 32)])
def test_the_provider_itself_refuses_short_keys(keys: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="at least 32 characters"):
        QStashQueue(signing_keys=keys)
    QStashQueue(signing_keys=("c" * 32, "n" * 32))


@pytest.mark.line("C3")
def test_a_provider_without_signing_keys_accepts_nothing() -> None:
    body = b"{}"
    signature = token(claims(PRODUCE, body), key=b"")
    with pytest.raises(UnsignedDeliveryError):
        QStashQueue(url="http://queue", token="t").verify(
            SignedRequest(DELIVERY_URL + PRODUCE, {"Upstash-Signature": signature}, body)
        )


@pytest.mark.line("C4")
def test_hostile_host_and_forwarding_headers_change_nothing(standing: Handoff) -> None:
    export_id, body = message(standing)
    sent = delivery(PRODUCE, body)
    sent["headers"] |= HOSTILE
    assert invoke(standing.callback, sent).status == 200
    assert state(standing, export_id) == "ready"


@pytest.mark.line("C4")
@pytest.mark.parametrize("base", ["http://evil.example", "https://evil.example", PUBLIC_URL, DELIVERY_URL + ":80", ""])
def test_a_signature_for_the_address_that_the_headers_name_is_refused(base: str, standing: Handoff) -> None:
    export_id, body = message(standing)
    sent = delivery(PRODUCE, body, sub=base + PRODUCE)
    sent["headers"] |= {**HOSTILE, "host": base.partition("://")[2], "x-forwarded-proto": base.partition("://")[0]}
    assert_problem(invoke(standing.callback, sent), 401, "unsigned-delivery")
    assert state(standing, export_id) == "queued"


@pytest.mark.line("C4")
def test_the_subject_is_compared_with_the_configured_address(standing: Handoff) -> None:
    elsewhere = standing.load("callback", DELIVERY_URL="https://queue-calls.example/base/")
    export_id, body = message(standing)
    assert invoke(elsewhere, delivery(PRODUCE, body)).status == 401
    answer = invoke(elsewhere, delivery(PRODUCE, body, sub="https://queue-calls.example/base" + PRODUCE))
    assert answer.status == 200
    assert state(standing, export_id) == "ready"
