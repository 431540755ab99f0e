"""Any carrier that can send a Standard Webhook: https://www.standardwebhooks.com

The body is JSON, {"type", "timestamp", "data"}, as the specification recommends:

    {"type": "call.started", "timestamp": "2026-01-31T14:03:20.5Z",
     "data": {"call_id": "c-17", "from": "+49301234567", "to": "+49307654321"}}

A call that is over has the type call.ended, and may give a `reason`. Events of other types are kept. The id of an event
is its webhook-id, which stays the same when it is sent again.
"""

import json
import re
from datetime import UTC, datetime

from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from handoff.calls.carriers.base import Carrier, Webhook, plain_text, refuse, required_text
from handoff.calls.event import CallEvent, Kind
from handoff.errors import FieldProblem, InvalidHeaderError, MalformedBodyError

# schema/openapi.yaml documents them.
KINDS = {"call.started": Kind.STARTED, "call.ended": Kind.ENDED}

MOMENT = re.compile(r"(19[7-9]\d|[2-9]\d{3})-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
"""RFC 3339, section 5.6, from 1970 on."""


class Generic(Carrier):
    """Verified by the Standard Webhooks' own library, which compares in constant time and takes timestamps of 5 minutes
    around its clock (1.1); several secrets and odd headers are seen to here."""

    name = "generic"
    media_type = "application/json"

    def is_signed(self, webhook: Webhook, secret: str) -> bool:
        try:
            Verifier(secret).verify(webhook.body, dict(webhook.headers), json_parse=False)
            return True
        except (WebhookVerificationError, ValueError):  # it lets out what it cannot take apart
            return False

    def read(self, webhook: Webhook, text: str) -> CallEvent:
        event_id = webhook.headers["webhook-id"]
        if not re.fullmatch(r"[\x21-\x7e]{1,200}", event_id):
            raise InvalidHeaderError("webhook-id must have 1 to 200 visible ASCII characters")
        body = _parsed(text)
        problems: list[FieldProblem] = []
        name = required_text("type", body.get("type"), problems)
        kind = KINDS.get(name, Kind.OTHER)
        given = body.get("data")
        data = given if isinstance(given, dict) else {}
        if kind is Kind.OTHER:
            at, call_id = _moment(body.get("timestamp")) or self.now(), plain_text(data.get("call_id"))
        else:
            at = _moment(body.get("timestamp")) or ""
            if not at:
                problems.append(FieldProblem("timestamp", "must be a time as RFC 3339 writes it, with its offset"))
            call_id = required_text("data.call_id", data.get("call_id"), problems)
        refuse(problems)
        return CallEvent(
            carrier=self.name, event_id=event_id, kind=kind, name=name, at=at, raw=text, call_id=call_id,
            caller=plain_text(data.get("from")), callee=plain_text(data.get("to")),
            reason=plain_text(data.get("reason")),
        )  # fmt: skip


def _parsed(text: str) -> dict[str, object]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedBodyError from None
    if not isinstance(body, dict):
        refuse([FieldProblem("(body)", "must be a JSON object")])
    found: dict[str, object] = body
    return found


def _moment(value: object) -> str | None:
    """In UTC; None where it is no time."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None
