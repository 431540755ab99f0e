"""Twilio's status callbacks: https://www.twilio.com/docs/voice/api/call-resource#statuscallback

Form-encoded, signed over the address and all fields: https://www.twilio.com/docs/usage/security#validating-requests
The signature holds no time; an old request that is sent again is known by its content, and changes nothing.

The check is ours: Twilio's package (9.13) is 22 MB and brings an HTTP client or two, for one HMAC.
"""

import base64
import hashlib
import hmac
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, urlsplit

from handoff.calls.carriers.base import Carrier, Webhook, plain_text, refuse, required_text
from handoff.calls.event import CallEvent, Kind
from handoff.errors import FieldProblem

# https://www.twilio.com/docs/voice/api/call-resource#call-status-values
KINDS = {
    "queued": Kind.OTHER,  # not dialed yet
    "initiated": Kind.STARTED,
    "ringing": Kind.STARTED,
    "in-progress": Kind.STARTED,
    "completed": Kind.ENDED,
    "busy": Kind.ENDED,
    "failed": Kind.ENDED,
    "no-answer": Kind.ENDED,
    "canceled": Kind.ENDED,
}

MAX_FIELDS = 500


class Twilio(Carrier):
    """Secrets are auth tokens of the account. The path of the URL that was given to Twilio is this carrier's route."""

    name = "twilio"
    media_type = "application/x-www-form-urlencoded"

    def is_signed(self, webhook: Webhook, secret: str) -> bool:
        try:
            fields = _fields(webhook.body.decode("utf-8"))
        except ValueError:  # no UTF-8, or too many fields
            return False
        given = webhook.headers.get("x-twilio-signature", "").encode("latin-1", "replace")
        query = f"?{webhook.query}" if webhook.query else ""
        signed = [signature(each + query, fields, secret) for url in self._urls for each in _with_and_without_port(url)]
        return any(hmac.compare_digest(given, each.encode()) for each in signed)

    def read(self, webhook: Webhook, text: str) -> CallEvent:
        fields = dict(_fields(text))
        problems: list[FieldProblem] = []
        name = plain_text(fields.get("CallStatus")) or "unknown"
        kind = KINDS.get(name, Kind.OTHER)
        given = fields.get("CallSid")
        call_id = plain_text(given) if kind is Kind.OTHER else required_text("CallSid", given, problems)
        refuse(problems)
        return CallEvent(
            carrier=self.name, event_id=_hash(webhook.body), kind=kind, name=name,
            at=_moment(fields.get("Timestamp", "")) or self.now(), raw=text, call_id=call_id,
            caller=plain_text(fields.get("From")), callee=plain_text(fields.get("To")), reason=name,
        )  # fmt: skip


def signature(url: str, fields: list[tuple[str, str]], auth_token: str) -> str:
    """What X-Twilio-Signature must be."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _with_and_without_port(url: str) -> set[str]:
    """Twilio's own libraries try both, for it signs now one, now the other."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {parts._replace(netloc=netloc).geturl() for netloc in (host, f"{host}:{port}")}


def _fields(text: str) -> list[tuple[str, str]]:
    """Raises ValueError for more fields than any call has."""
    return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)


def _hash(body: bytes) -> str:
    """Twilio names no event. Of its headers one would do (I-Twilio-Idempotency-Token), but no signature covers it."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _moment(value: str) -> str | None:
    """RFC 2822, in UTC; None where there is none."""
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, TypeError, OverflowError):
        return None
