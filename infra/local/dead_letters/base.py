"""A message that its queue gave up on, and what can be done with it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from infra.local.errors import LocalError

LONGEST_TEXT = 1_000
"""Characters of a body that are shown."""


@dataclass(frozen=True)
class DeadLetter:
    """No header of the message is part of it: one may hold a credential.

    status    of the last attempt's answer; None where nothing answered, or the queue does not tell
    reason    the queue's own word for why it gave up, or what the last attempt was answered
    """

    id: str
    created_at: datetime
    method: str
    url: str
    body: str
    status: int | None = None
    reason: str = ""


class DeadLetters(ABC):
    """Each method raises LocalError when the queue does not answer, or knows no such letter."""

    needs: ClassVar[tuple[str, ...]]
    """The settings that lead to the queue. More are optional."""

    @abstractmethod
    def __init__(self, settings: Mapping[str, str]) -> None: ...

    @abstractmethod
    def all(self) -> Iterable[DeadLetter]:
        """Oldest first."""

    @abstractmethod
    def get(self, letter_id: str) -> DeadLetter: ...

    @abstractmethod
    def retry(self, letter_id: str) -> None:
        """The message is delivered again, with all of its attempts, and is no dead letter any more."""

    @abstractmethod
    def drop(self, letter_id: str) -> None:
        """It is no dead letter any more, and is not delivered."""


def unknown(letter_id: str) -> LocalError:
    return LocalError(f"The queue has no dead letter {letter_id}. `handoff deadletters list` shows what it has.")


def shown(text: str) -> str:
    """As much of a body as a person reads, without what would move the cursor of a terminal."""
    printable = "".join(letter if letter.isprintable() or letter == "\n" else "·" for letter in text[:LONGEST_TEXT])
    return printable + (f" … ({len(text)} characters)" if len(text) > LONGEST_TEXT else "")
