"""A message of ours as the text of an SQS message, and a report as the body of one.

Text is all that SQS carries, and not every character of it, so bodies are base64 and the rest is JSON in ASCII:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from handoff.errors import InvalidDeliveryError
from handoff.jobs.queues.base import FlowControl, Message, Report


@dataclass(frozen=True)
class Envelope:
    """`sent_at` is of the first sending, in seconds since 1970. `message_id` is that of the first sending, once there
    has been another.
    """

    message: Message
    sent_at: float
    message_id: str | None = None


def to_text(envelope: Envelope) -> str:
    message = {**asdict(envelope.message), "body": _encoded(envelope.message.body)}
    return json.dumps({"sent_at": envelope.sent_at, "message_id": envelope.message_id, "message": message})


def from_text(text: str) -> Envelope:
    """Raises InvalidDeliveryError unless to_text has written it."""
    try:
        given = json.loads(text)
        message = given["message"]
        if set(message) != set(_MESSAGE):
            raise ValueError
        return Envelope(
            Message(**{name: read(message[name]) for name, read in _MESSAGE.items()}),
            _of(float, int)(given["sent_at"]),
            _of(str, type(None))(given["message_id"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InvalidDeliveryError("the message is not one of ours") from None


def report_to_body(report: Report) -> bytes:
    """In the form that handoff.jobs.queues.callback reads."""
    values = {
        "sourceBody": _encoded(report.source_body),
        "status": report.status,
        "header": {name: [value] for name, value in report.headers.items()},
        "body": _encoded(report.body),
        "bodyTruncated": report.is_truncated,
        "retried": report.retried,
        "maxRetries": report.max_retries,
        "sourceMessageId": report.message_id,
        "dlqId": report.dead_letter_id,
    }
    return json.dumps(values).encode()


def _of(*kinds: type) -> Callable[[Any], Any]:
    """A value of one of these types, and of no type derived from them: true is no number."""

    def read(value: Any) -> Any:
        if type(value) not in kinds:
            raise TypeError
        return value

    return read


def _encoded(body: bytes) -> str:
    return base64.b64encode(body).decode()


def _body(value: Any) -> bytes:
    return base64.b64decode(_text(value), validate=True)


def _headers(value: Mapping[Any, Any]) -> dict[str, str]:
    return {_text(name): _text(text) for name, text in value.items()}


def _names(value: Any) -> tuple[str, ...]:
    return tuple(_text(name) for name in _of(list)(value))


def _count(value: Any) -> int:
    if _of(int)(value) < 0:
        raise ValueError
    return int(value)


def _flow_control(value: Any) -> FlowControl | None:
    return None if value is None else FlowControl(**value)


_text = _of(str)
_text_or_none = _of(str, type(None))

_MESSAGE: Mapping[str, Callable[[Any], Any]] = {
    "url": _text,
    "body": _body,
    "method": _text,
    "headers": _headers,
    "try_": _count,
    "deduplication_id": _text_or_none,
    "retries": _count,
    "retry_pause_seconds": _count,
    "delay_seconds": _count,
    "timeout_seconds": _of(int, type(None)),
    "flow_control": _flow_control,
    "credential": _text_or_none,
    "callback_url": _text_or_none,
    "failure_callback_url": _text_or_none,
    "redact": _names,
}
assert set(_MESSAGE) == {field.name for field in fields(Message)}
