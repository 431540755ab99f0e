"""The log of what happened to each message, as /v2/logs and /v2/events show it.

https://upstash.com/docs/qstash/howto/debug-logs ; fields: schema LogEntry of https://upstash.com/docs/qstash/api-reference
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from infra.local.qstash.attempt import Attempt
from infra.local.qstash.bounded import Bounded
from infra.local.qstash.clock import Clock
from infra.local.qstash.headers import below, canonical
from infra.local.qstash.limits import MAX_KEPT_BYTES, MAX_LOGS
from infra.local.qstash.message import Message


class State(StrEnum):
    """States of a message. The documentation writes CANCELLED, the SDKs know CANCELED only."""

    CREATED = "CREATED"
    ACTIVE = "ACTIVE"
    ERROR = "ERROR"
    RETRY = "RETRY"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    CANCEL_REQUESTED = "CANCEL_REQUESTED"
    CANCELED = "CANCELED"


@dataclass(frozen=True)
class Entry:
    """One line of the log; times are Unix milliseconds."""

    sequence: int
    time: int
    state: State
    message: Message
    attempt: Attempt | None
    next_delivery: int | None

    def as_json(self) -> dict[str, Any]:
        """The schema's object, redacted. The SDKs and the schema differ in three names; both are given."""
        message, attempt = self.message, self.attempt
        hidden = message.redaction.hidden_body(message.body)
        sent_to = below(message.publication.headers, "upstash-callback-forward-")
        sent_on_failure = below(message.publication.headers, "upstash-failure-callback-forward-")
        expression = message.retry_delay.text if message.retry_delay else None
        answered = canonical(attempt.headers) if attempt else None
        shown = {
            "time": self.time,
            "messageId": message.id,
            "state": self.state.value,
            "url": message.url,
            "method": message.method,
            "header": message.shown(message.header),
            "body": base64.b64encode(message.body).decode() if hidden is None else hidden,
            "nextDeliveryTime": self.next_delivery,
            "error": (attempt.error or f"status {attempt.status}") if attempt else None,
            "responseStatus": attempt.status if attempt else None,
            "responseHeader": answered,
            "responseHeaders": answered,
            "responseBody": base64.b64encode(attempt.body).decode() if attempt else None,
            "timeout": int(message.timeout * 1000),
            "maxRetries": message.retries,
            "retryDelayExpr": expression,
            "retryDelayExpression": expression,
            "callback": message.callback,
            "callbackHeaders": message.shown(sent_to) or None,
            "failureCallback": message.failure_callback,
            "failureCallbackHeaders": message.shown(sent_on_failure) or None,
            **message.labels_as_json(),
            **message.publication.origin.as_json(),
            **(message.flow.as_json() if message.flow else {}),
        }
        return {name: value for name, value in shown.items() if value is not None}


class Journal:
    """The last entries, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: Bounded[Entry] = Bounded(MAX_LOGS, MAX_KEPT_BYTES)
        self._sequence = 0

    def record(
        self, state: State, message: Message, attempt: Attempt | None = None, next_delivery: int | None = None
    ) -> None:
        """Add one entry; `attempt` only with ERROR and FAILED."""
        self._sequence += 1
        entry = Entry(self._sequence, self._clock.milliseconds(), state, message, attempt, next_delivery)
        size = len(message.body) + (len(attempt.body) if attempt else 0)
        self._entries.put(str(entry.sequence), entry, size)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)
