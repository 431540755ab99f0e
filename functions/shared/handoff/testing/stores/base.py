"""What a provider's tests fill in, and what every promise uses."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from handoff.storage import Storage

MIB = 1024 * 1024
PDF = "application/pdf"
SIGNED_AT = datetime(2031, 5, 6, 7, 8, 9, 750_000, tzinfo=UTC)  # the database's time, years from this machine's


@dataclass(frozen=True)
class Fetched:
    """The answer to a signed URL."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes


Fetch = Callable[[str, datetime, str], Fetched]
"""URL, the time that the store's clock is to have, method."""


@dataclass(frozen=True)
class Elsewhere:
    """How another process opens the same store: `handoff.storage.s3:S3Storage`, its arguments, its environment."""

    provider: str
    arguments: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict)


class UnluckyError(Exception):
    """Whatever goes wrong outside of the store."""


class StoreFixtures:
    """The fixtures of a provider's tests. One that is missing is an error, not a test less."""

    large_bytes: ClassVar[int] = 64 * MIB
    """The size of the file that must pass without being held."""

    @pytest.fixture
    def storage(self) -> Storage:
        """A store."""
        raise NotImplementedError("storage")

    @pytest.fixture
    def gone(self) -> Storage:
        """A store whose folder, bucket or the like is not there."""
        raise NotImplementedError("gone")

    @pytest.fixture
    def fetch(self) -> Fetch:
        """Asks for a signed URL of `storage`."""
        raise NotImplementedError("fetch")

    @pytest.fixture
    def secrets(self) -> list[str]:
        """What no error and no log line may say, beside the key: place, account, credentials."""
        raise NotImplementedError("secrets")

    @pytest.fixture
    def opened_elsewhere(self) -> Elsewhere:
        """How another process opens the same store."""
        raise NotImplementedError("opened_elsewhere")

    @pytest.fixture
    def now(self) -> datetime:
        """The time by the store's clock; where that cannot be set, the time it is."""
        return SIGNED_AT

    @pytest.fixture
    def margin(self) -> timedelta:
        """How exactly that is known. The default is where the clock is set."""
        return timedelta(milliseconds=1)

    @pytest.fixture
    def key(self) -> str:
        return f"exports/{uuid4()}/{uuid4()}"


def read(storage: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    with storage.open(key, start, end) as stream:
        found = b"".join(stream)
        assert stream.length == len(found)
        return found


def broken_off(*chunks: bytes, error: BaseException) -> Iterator[bytes]:
    yield from chunks
    raise error


OPERATIONS: dict[str, Callable[[Storage, str], object]] = {
    "put": lambda storage, key: storage.put(key, [b"x"], PDF),
    "open": lambda storage, key: read(storage, key),
    "stat": lambda storage, key: storage.stat(key),
    "delete": lambda storage, key: storage.delete(key),
    "signed_url": lambda storage, key: storage.signed_url(key, SIGNED_AT, 15, "a.pdf", PDF),
}
"""Each operation with its key alone."""
