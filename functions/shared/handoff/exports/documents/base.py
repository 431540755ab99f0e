"""What a document is: something that can be rendered into a file."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar

from handoff.database import Database
from handoff.errors import FieldProblem


@dataclass(frozen=True)
class Rendering:
    """A file as it is being made. `chunks` is read once, straight into storage, and never held as a whole."""

    chunks: Iterable[bytes]
    name: str
    content_type: str


@dataclass(frozen=True)
class Workshop:
    """What documents are made with."""

    database: Database
    """What is in it is read at one moment by one statement, as everywhere."""
    open_source: Callable[[float], AbstractContextManager[Iterable[bytes]]]
    """Opens the configured source for at most so many seconds. Its errors carry a named `outcome`."""
    source_file_name: str
    time_left: Callable[[], float]
    """Seconds that this attempt may still take."""


class Document(ABC):
    """One kind of document."""

    title: ClassVar[str]
    """What people read in the history."""
    needs_insider: ClassVar[bool] = False
    """Whether it is for people who have signed in, where one can."""

    def check(self, parameters: Mapping[str, Any]) -> list[FieldProblem]:
        """What is wrong with the parameters of a request. Without an override, a document takes none."""
        return [FieldProblem(f"parameters.{name}", "this document takes no such parameter") for name in parameters]

    @abstractmethod
    def render(self, parameters: Mapping[str, Any], workshop: Workshop) -> AbstractContextManager[Rendering]:
        """Make the file. Raises JobFailedError with a named outcome."""
