"""What a carrier is: somebody who tells of calls by webhooks, and signs them."""

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from handoff.calls.event import CallEvent
from handoff.errors import (
    FieldProblem,
    InvalidBodyError,
    UnsignedEventError,
    UnsupportedMediaTypeError,
)

LONGEST_ID = 200
LONGEST_TEXT = 200


@dataclass(frozen=True)
class Webhook:
    """A request that claims to be a carrier's. `headers` have their names in lower case; `query` is without its ?."""

    headers: Mapping[str, str]
    body: bytes
    query: str = ""


class Carrier(ABC):
    """A carrier: one file beside this one."""

    def __init__(
        self,
        secrets: Sequence[str],
        urls: Sequence[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`secrets` are all accepted, the current one and, while it is changed, another. `urls` are those that the
        carrier may have been given for this route, as they are configured here: never made of a request's Host."""
        self._secrets = tuple(secrets)
        self._urls = tuple(urls)
        self._clock = clock

    def receive(self, webhook: Webhook) -> CallEvent:
        """The event, once its signature has held: nothing is read before.

        Raises UnsignedEventError, and of a signed one an InvalidRequestError.
        """
        if not any(self.is_signed(webhook, secret) for secret in self._secrets):
            raise UnsignedEventError
        given = webhook.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given != self.media_type:
            raise UnsupportedMediaTypeError(f"Send the body as Content-Type: {self.media_type}.")
        return self.read(webhook, _readable(webhook.body))

    # What a carrier fills in ------------------------------------------------------------------------------------

    name: ClassVar[str]
    """Its route is /events/{name}; that of `generic` is /events."""
    media_type: ClassVar[str]

    @abstractmethod
    def is_signed(self, webhook: Webhook, secret: str) -> bool:
        """Whether this very request was signed with the secret, not too long ago. Never raises for what was sent."""

    @abstractmethod
    def read(self, webhook: Webhook, text: str) -> CallEvent:
        """The event in a signed body, whose text this is. A kind that is not known is no error: it is Kind.OTHER.

        Raises InvalidBodyError, naming each wrong field.
        """

    # What helps it ----------------------------------------------------------------------------------------------

    def now(self) -> str:
        """The time of an event whose carrier tells none."""
        return self._clock().isoformat()


def required_text(field: str, value: object, problems: list[FieldProblem]) -> str:
    """The value; a problem where it is no text of 1 to 200 characters without control characters."""
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_TEXT or not is_plain(value):
        message = f"must be text of 1 to {LONGEST_TEXT} characters, without control characters"
        problems.append(FieldProblem(field, message))
        return ""
    return value


def plain_text(value: object) -> str | None:
    """The value where it is such a text: for what an event can do without. All that was sent is kept in any case."""
    return value if isinstance(value, str) and 1 <= len(value) <= LONGEST_TEXT and is_plain(value) else None


def is_plain(value: str) -> bool:
    """Text that can be stored and shown: no control characters, no halves of surrogate pairs."""
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in value)


def refuse(problems: Sequence[FieldProblem]) -> None:
    """Raises InvalidBodyError if there are any."""
    if problems:
        raise InvalidBodyError(fields=problems)


def _readable(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    if "\0" in text or text.encode() != body:  # Postgres has no text with a NUL character
        raise InvalidBodyError(fields=[FieldProblem("(body)", "must be UTF-8 without NUL characters")])
    return text
