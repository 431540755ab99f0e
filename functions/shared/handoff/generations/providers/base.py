"""What an image provider is: whom the queue calls for a picture, and what is read from the answer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from handoff.errors import JobFailedError
from handoff.generations.image_types import START_BYTES, content_type, whole
from handoff.jobs.queues.base import Report


@dataclass(frozen=True)
class Picture:
    """What a person asks for. `size` and `quality` are of the provider's own."""

    prompt: str
    size: str
    quality: str


@dataclass(frozen=True)
class Call:
    """The POST request that the queue makes for us. The credential is no part of it: it goes by its name."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Image:
    """A picture as it came. `chunks` is read once, straight into storage."""

    content_type: str
    chunks: Iterable[bytes]


OpenUrl = Callable[[str], AbstractContextManager[Iterable[bytes]]]
"""Opens a URL that an answer names, through the guarded HTTP client. Its errors are FetchErrors."""


def image_of(chunks: Iterable[bytes]) -> Image:
    """The picture that these bytes are, whatever their sender says that they are.

    Raises JobFailedError: not_an_image, and answer_truncated while they are read. Neither is tried again.
    """
    rest, start = iter(chunks), b""
    while len(start) < START_BYTES and (chunk := next(rest, b"")):
        start += chunk
    kind = content_type(start)
    if kind is None:
        raise JobFailedError("not_an_image", retryable=False)
    return Image(kind, whole(chain([start], rest), kind))


class ImageProvider(ABC):
    """One provider, one file; its class attributes are what people may ask for."""

    name: ClassVar[str]
    """As in IMAGE_PROVIDER, and in the callback's path."""
    credential: ClassVar[str]
    """The name under which whoever makes the call finds the key; see queues.base.Message."""
    sizes: ClassVar[tuple[str, ...]]
    """The first is the default."""
    qualities: ClassVar[tuple[str, ...]]
    """The first is the default."""

    @abstractmethod
    def call(self, picture: Picture) -> Call:
        """The request for one picture."""

    @abstractmethod
    def read(self, report: Report, open_url: OpenUrl) -> AbstractContextManager[Image]:
        """The picture in an answer.

        Raises JobFailedError with an outcome of generations/outcomes.py, in the block too: the bytes are read there.
        Where it is `retryable` the queue may try again by itself; what was paid for and cannot be used is not.
        """
