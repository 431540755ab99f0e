"""Events as carriers send them, and what is recorded of them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from standardwebhooks import Webhook

from handoff.calls.carriers.twilio import signature
from tests.support.deliveries import delivery
from tests.support.environment import CALL_SECRET, PUBLIC_URL, TWILIO_TOKEN
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff

RECORD = "/api/jobs/record_call_event"
FORM = "application/x-www-form-urlencoded"


def at(ago: timedelta = timedelta()) -> str:
    """So long ago, as a carrier writes it."""
    return (datetime.now(UTC) - ago).isoformat()


def started(call_id: str, ago: timedelta = timedelta(), **data: Any) -> dict[str, Any]:
    return {"type": "call.started", "timestamp": at(ago), "data": {"call_id": call_id, **data}}


def ended(call_id: str, ago: timedelta = timedelta(), **data: Any) -> dict[str, Any]:
    return {"type": "call.ended", "timestamp": at(ago), "data": {"call_id": call_id, **data}}


def sign(body: bytes, *, event_id: str, secret: str = CALL_SECRET, ago: timedelta = timedelta()) -> dict[str, str]:
    """The headers of a Standard Webhook."""
    moment = datetime.now(UTC) - ago
    return {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, moment, body.decode("utf-8", "replace")),
    }


def tell(handoff: Handoff, body: Mapping[str, Any] | bytes, event_id: str = "", **signed: Any) -> Answer:
    """A carrier's POST /events; without an id it is a new event."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = sign(raw, event_id=event_id or f"msg_{uuid4().hex}", **signed)
    return invoke(handoff.trigger, event("POST", "/events", body=raw, headers=headers))


def tell_as_twilio(
    handoff: Handoff, fields: Mapping[str, str], *, token: str = TWILIO_TOKEN, base: str = PUBLIC_URL, query: str = ""
) -> Answer:
    """Twilio's POST /events/twilio."""
    url = f"{base}/events/twilio" + (f"?{query}" if query else "")
    headers = {"Content-Type": FORM, "X-Twilio-Signature": signature(url, list(fields.items()), token)}
    sent = event("POST", "/events/twilio", body=urlencode(fields).encode(), headers=headers, query=query)
    return invoke(handoff.trigger, sent)


def record(handoff: Handoff, body: bytes, retried: int = 0) -> Answer:
    """What the queue does with an event's message."""
    return invoke(handoff.callback, delivery(RECORD, body, retried=retried))


def deliver_all(handoff: Handoff) -> None:
    """The queue delivers every event that it was given."""
    for message in handoff.queue.published:
        if message.destination.endswith(RECORD):
            assert record(handoff, message.body).status == 200
    handoff.queue.published.clear()


def tell_and_record(handoff: Handoff, *events: Mapping[str, Any]) -> None:
    for each in events:
        assert tell(handoff, each).status == 202
    deliver_all(handoff)


def calls(handoff: Handoff) -> list[dict[str, Any]]:
    """The rows, without when and under which id of ours they were written."""
    rows = handoff.rows("SELECT * FROM calls ORDER BY carrier, call_id")
    return [{name: value for name, value in row.items() if name not in NOT_THE_CALLS} for row in rows]


NOT_THE_CALLS = ("created_at", "updated_at")
