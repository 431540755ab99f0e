"""The official SDK's Receiver as an oracle: where it is right we agree with it, and where it is not we show it.

https://github.com/upstash/qstash-py/blob/main/qstash/receiver.py (3.4.0)
"""

import base64
import json

import pytest
from qstash import Receiver
from qstash.errors import SignatureError

from handoff.errors import UnsignedDeliveryError
from handoff.jobs.queues.base import SignedRequest
from handoff.jobs.queues.qstash import QStashQueue
from tests.acceptance.deliveries.forgeries import FORGERIES, token
from tests.support.deliveries import claims
from tests.support.environment import DELIVERY_URL, NEXT_SIGNING_KEY, SIGNING_KEY
from tests.support.handoff import PRODUCE

BODY = json.dumps({"id": "00000000-0000-4000-8000-000000000000", "try": 1}).encode()
URL = DELIVERY_URL + PRODUCE
OURS = QStashQueue(signing_keys=(SIGNING_KEY, NEXT_SIGNING_KEY))
THEIRS = Receiver(current_signing_key=SIGNING_KEY, next_signing_key=NEXT_SIGNING_KEY)

# Of these the Receiver cannot tell, or says it by an exception that is not its own.
BEYOND_THE_RECEIVER = {
    "no body claim",
    "a body claim that is no text",
    "no body at all",
    "a body that is null in the event",
}


def we_accept(signature: str, body: bytes) -> bool:
    try:
        OURS.verify(SignedRequest(URL, {"Upstash-Signature": signature}, body))
    except UnsignedDeliveryError:
        return False
    return True


def they_accept(signature: str, body: str, clock_tolerance: int = 0) -> bool:
    try:
        THEIRS.verify(signature=signature, body=body, url=URL, clock_tolerance=clock_tolerance)
    except SignatureError:
        return False
    return True


@pytest.mark.line("C2")
@pytest.mark.parametrize("key", [SIGNING_KEY, NEXT_SIGNING_KEY], ids=["current", "next"])
def test_we_accept_what_the_receiver_accepts(key: str) -> None:
    signature = token(claims(PRODUCE, BODY), key=key.encode())
    assert they_accept(signature, BODY.decode())
    assert we_accept(signature, BODY)


@pytest.mark.line("C1")
@pytest.mark.parametrize("name", sorted(set(FORGERIES) - BEYOND_THE_RECEIVER))
def test_we_refuse_what_the_receiver_refuses(name: str) -> None:
    sent = FORGERIES[name](BODY)
    signature = sent["headers"].get("upstash-signature", "")
    body = base64.b64decode(sent["body"])
    assert not they_accept(signature, body.decode("utf-8", "replace"))
    assert not we_accept(signature, body)


@pytest.mark.line("C2")
@pytest.mark.parametrize("changes", [{"exp": -30}, {"nbf": 30}])
def test_the_receiver_ignores_its_clock_tolerance_and_we_do_not(changes: dict[str, int]) -> None:
    made = claims(PRODUCE, BODY)
    signature = token(made | {name: made["iat"] + by for name, by in changes.items()})
    assert not they_accept(signature, BODY.decode(), clock_tolerance=60)
    assert we_accept(signature, BODY)


@pytest.mark.line("C1")
def test_the_receiver_fails_on_bytes_and_on_a_missing_body_claim_and_we_do_not() -> None:
    """Bytes are what arrives: a body that is not UTF-8 cannot even be asked about."""
    with pytest.raises(AttributeError):
        THEIRS.verify(signature=token(claims(PRODUCE, BODY)), body=BODY, url=URL)  # type: ignore[arg-type]
    without_body = {name: value for name, value in claims(PRODUCE, BODY).items() if name != "body"}
    with pytest.raises(KeyError):
        they_accept(token(without_body), BODY.decode())
    assert not we_accept(token(without_body), BODY)
    assert not we_accept(token(claims(PRODUCE, BODY)), b"\xff" + BODY)


@pytest.mark.line("C1")
def test_the_receiver_without_a_url_accepts_a_delivery_meant_for_another_route_and_ours_always_asks() -> None:
    elsewhere = token(claims("/api/jobs/other", BODY))
    THEIRS.verify(signature=elsewhere, body=BODY.decode())
    assert not we_accept(elsewhere, BODY)


@pytest.mark.line("C1")
def test_a_key_that_is_empty_or_short_is_refused_by_us_whatever_the_library_below_does() -> None:
    """PyJWT before 2.13 verified with an empty key, and the Receiver with it; a newer one refuses by itself."""
    for key in ("", "k" * 31):
        with pytest.raises(ValueError, match="at least 32 characters"):
            QStashQueue(signing_keys=(key, key))
