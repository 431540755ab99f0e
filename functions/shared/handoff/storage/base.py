"""The interface of a store of files, and the part of it that is the same for every provider.

Keys are made by the application, and mean the same in every store, on a case-insensitive disk too: 1 to 512 characters
in segments of at most 200, joined by single slashes, of lower-case letters, digits, `.`, `_` and `-`, none starting
with a dot.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import ClassVar

from handoff.storage.errors import FileAbsentError, KeyRefusedError, StorageUnavailableError

KEY_LENGTH_LIMIT = 512
CHUNK_BYTES = 256 * 1024
SIGNED_URL_SECONDS_LIMIT = 7 * 24 * 3600  # the longest that S3 signs for

_KEY = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,199}(?:/[a-z0-9_-][a-z0-9._-]{0,199})*")
_CONTENT_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:; ?[\x20-\x7e]+)?")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in a store."""

    key: str
    size: int  # bytes
    sha256: str | None  # hexadecimal; of the bytes just put, None where they were not seen


@dataclass(frozen=True, slots=True)
class StoredStream:
    """A range of a file, open: iterate once for exactly `length` bytes, or StorageUnavailableError."""

    size: int  # bytes of the whole file
    start: int  # offset of the first byte
    end: int  # offset after the last byte
    chunks: Iterable[bytes]

    @property
    def length(self) -> int:
        return self.end - self.start

    def __iter__(self) -> Iterator[bytes]:
        missing = self.length
        for chunk in self.chunks:
            missing -= len(chunk)
            if missing < 0:
                break
            yield chunk
        if missing != 0:
            raise StorageUnavailableError


class Capability(StrEnum):
    """What not every store can express."""

    SEALED_QUERY = "a signed URL with a further parameter is refused"


class Storage(ABC):
    """A store of files. Every method may raise StorageUnavailableError, and KeyRefusedError before the store is asked.

    Nothing ever holds a whole file in memory. Whatever may be repeated has the same effect twice as once.
    """

    cannot: ClassVar[Mapping[Capability, str]] = MappingProxyType({})
    """What the vendor cannot express, each with the address of the page that tells."""

    def put(self, key: str, stream: Iterable[bytes], content_type: str) -> StoredFile:
        """Keep a stream's bytes under a key, in place of what was there.

        The file appears whole or not at all: when the stream or the store fails midway, nothing of it can be read, and
        the stream's own error comes through as it is.
        """
        _check_key(key)
        _check_content_type(content_type)
        size, digest = 0, sha256()
        with self._writing(key, content_type) as write:
            for chunk in stream:
                size += len(chunk)
                digest.update(chunk)
                write(chunk)
        return StoredFile(key, size, digest.hexdigest())

    @contextmanager
    def open(self, key: str, start: int = 0, end: int | None = None) -> Iterator[StoredStream]:
        """Open the bytes from `start` up to but not including `end`, or to the end of the file.

        Raises FileAbsentError, and RangeOutsideFileError where `start` is at or past the end (0 never is). An `end`
        past the end is the end. ValueError for a range that is empty or negative.
        """
        _check_key(key)
        if start < 0 or (end is not None and end <= start):
            raise ValueError("a range starts at 0 or later and ends after its start")
        with self._reading(key, start, end) as stream:
            yield stream

    def stat(self, key: str) -> StoredFile:
        """Return what is known of a file without reading it; FileAbsentError."""
        _check_key(key)
        return StoredFile(key, self._size(key), sha256=None)

    def delete(self, key: str) -> None:
        """Remove a file; one that is not there is removed already."""
        _check_key(key)
        with suppress(FileAbsentError):
            self._delete(key)

    def signed_url(self, key: str, signed_at: datetime, seconds: int, filename: str, content_type: str) -> str:
        """Return a URL with which anyone may GET the file, as an attachment of that name and type.

        It holds until `seconds` after `signed_at`, or up to a second less: `signed_at` is the time of whoever decides,
        such as the database, since this machine's clock may be wrong. Does not look whether the file is there.
        """
        _check_key(key)
        _check_content_type(content_type)
        if signed_at.tzinfo is None:
            raise ValueError("signed_at needs a time zone")
        if not 1 <= seconds <= SIGNED_URL_SECONDS_LIMIT:
            raise ValueError(f"a URL is signed for 1 to {SIGNED_URL_SECONDS_LIMIT} seconds")
        return self._signed_url(key, signed_at.astimezone(UTC), seconds, filename, content_type)

    # ---- A provider fills in what follows. Keys are checked; every error of its library is translated. ----

    @abstractmethod
    def _writing(self, key: str, content_type: str) -> AbstractContextManager[Callable[[bytes], None]]:
        """Give a function that takes the next bytes; leaving normally keeps the file, by an error leaves nothing."""

    @abstractmethod
    def _reading(self, key: str, start: int, end: int | None) -> AbstractContextManager[StoredStream]:
        """Open a range; chunks of at most CHUNK_BYTES."""

    @abstractmethod
    def _size(self, key: str) -> int:
        """Return a file's size in bytes."""

    @abstractmethod
    def _delete(self, key: str) -> None:
        """Remove a file; FileAbsentError is fine."""

    @abstractmethod
    def _signed_url(self, key: str, signed_at: datetime, seconds: int, filename: str, content_type: str) -> str:
        """Sign a URL; `signed_at` is in UTC."""

    # ---- End of what a provider fills in. ----


def _check_key(key: str) -> None:
    if len(key) > KEY_LENGTH_LIMIT or not _KEY.fullmatch(key):
        raise KeyRefusedError


def _check_content_type(content_type: str) -> None:
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise ValueError("the content type is not a media type")
