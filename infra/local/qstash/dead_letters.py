"""The dead letter queue: messages whose retries are exhausted. https://upstash.com/docs/qstash/features/dlq"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.local.qstash.attempt import Attempt
from infra.local.qstash.bounded import Bounded
from infra.local.qstash.clock import Clock
from infra.local.qstash.errors import NotFoundError
from infra.local.qstash.headers import canonical
from infra.local.qstash.limits import MAX_DEAD_LETTERS, MAX_KEPT_BYTES
from infra.local.qstash.message import Message, text_or_base64


@dataclass(frozen=True)
class DeadLetter:
    """One failed message with its last attempt."""

    id: str
    sequence: int
    time: int
    message: Message
    attempt: Attempt

    def as_json(self) -> dict[str, Any]:
        """https://upstash.com/docs/qstash/api-reference/dlq/get-a-dlq-message (schema DLQMessage)"""
        return self.message.as_json() | {
            "dlqId": self.id,
            "responseStatus": self.attempt.status,
            "responseHeader": canonical(self.attempt.headers),
            **text_or_base64("responseBody", self.attempt.error.encode() if self.attempt.error else self.attempt.body),
        }


class DeadLetters:
    """The newest dead letters, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._letters: Bounded[DeadLetter] = Bounded(MAX_DEAD_LETTERS, MAX_KEPT_BYTES)
        self._sequence = 0

    def add(self, message: Message, attempt: Attempt) -> str:
        """Keep a failed message; its id has the form 1725323658779-0."""
        self._sequence += 1
        now = self._clock.milliseconds()
        letter = DeadLetter(f"{now}-{self._sequence}", self._sequence, now, message, attempt)
        self._letters.put(letter.id, letter, len(message.body) + len(attempt.body))
        return letter.id

    def get(self, dlq_id: str) -> DeadLetter:
        """NotFoundError if there is none."""
        letter = self._letters.get(dlq_id)
        if letter is None:
            raise NotFoundError(f"dlq message {dlq_id} not found")
        return letter

    def take(self, dlq_id: str) -> DeadLetter | None:
        """Remove and give it, or None."""
        return self._letters.take(dlq_id)

    def __iter__(self) -> Iterator[DeadLetter]:
        return iter(self._letters)
