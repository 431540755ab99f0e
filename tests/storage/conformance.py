"""What every store does. A provider's tests are this class with the fixtures filled in."""

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.storage import (
    FileAbsentError,
    KeyRefusedError,
    RangeOutsideFileError,
    Storage,
    StorageError,
    StorageUnavailableError,
)

MIB = 1024 * 1024
PDF = "application/pdf"
SIGNED_AT = datetime(2031, 5, 6, 7, 8, 9, 750_000, tzinfo=UTC)  # the database's time, years from this machine's
ODD_KEYS = [
    "",
    "/",
    "a/",
    "/a",
    "a//b",
    "..",
    "../x",
    "a/../b",
    "a/./b",
    ".hidden",
    "a/.hidden",
    "a\0b",
    "a\nb",
    "a b",
    "a\\b",
    "a:b",
    "a?b",
    "a#b",
    "a%2e",
    "a+b",
    "a@",
    "~",
    "A",
    "é",
    "a\u202eb",
    "😀",
    "\udcff",
    "a" * 201,
    "/".join(["a" * 100] * 6),
    "a/" * 512 + "a",
    "a\n",
]
# Each operation with its key alone.
OPERATIONS: dict[str, Callable[[Storage, str], object]] = {
    "put": lambda storage, key: storage.put(key, [b"x"], PDF),
    "open": lambda storage, key: read(storage, key),
    "stat": lambda storage, key: storage.stat(key),
    "delete": lambda storage, key: storage.delete(key),
    "signed_url": lambda storage, key: storage.signed_url(key, SIGNED_AT, 15, "a.pdf", PDF),
}


@dataclass(frozen=True)
class Fetched:
    """The answer to a signed URL."""

    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes


# URL, the time by the store's clock, method.
Fetch = Callable[[str, datetime, str], Fetched]


class UnluckyError(Exception):
    """Whatever goes wrong outside of the store."""


def read(storage: Storage, key: str, start: int = 0, end: int | None = None) -> bytes:
    with storage.open(key, start, end) as stream:
        found = b"".join(stream)
        assert stream.length == len(found)
        return found


def broken_off(*chunks: bytes, error: BaseException) -> Iterator[bytes]:
    yield from chunks
    raise error


class StorageConformance(ABC):
    @pytest.fixture
    @abstractmethod
    def storage(self) -> Storage:
        """A store."""

    @pytest.fixture
    @abstractmethod
    def gone(self) -> Storage:
        """A store whose folder, bucket or the like is not there."""

    @pytest.fixture
    @abstractmethod
    def fetch(self) -> Fetch:
        """Asks for a signed URL of `storage`."""

    @pytest.fixture
    @abstractmethod
    def secrets(self) -> list[str]:
        """What no error may say, beside the key."""

    @pytest.fixture
    @abstractmethod
    def opened_elsewhere(self) -> list[str]:
        """Name of the provider and its arguments, with which another process opens the same store."""

    @pytest.fixture
    def key(self) -> str:
        return f"exports/{uuid4()}/{uuid4()}"

    @pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 17 * MIB])
    def test_what_is_put_is_what_is_read(self, size: int, storage: Storage, key: str) -> None:
        content = bytes(range(251)) * (size // 251 + 1)
        content = content[:size]
        stored = storage.put(key, iter([content[: size // 3], b"", content[size // 3 :]]), PDF)
        assert (stored.key, stored.size, stored.sha256) == (key, size, sha256(content).hexdigest())
        assert read(storage, key) == content
        assert storage.stat(key) == replace(stored, sha256=None)

    @pytest.mark.parametrize("chunk", [1, 65_536])
    def test_the_stream_may_come_in_any_chunks(self, chunk: int, storage: Storage, key: str) -> None:
        assert storage.put(key, repeat(b"x" * chunk, 200), PDF).size == chunk * 200
        assert read(storage, key) == b"x" * chunk * 200

    def test_a_file_is_read_in_chunks(self, storage: Storage, key: str) -> None:
        storage.put(key, [bytes(MIB)], PDF)
        with storage.open(key) as stream:
            assert max(map(len, stream)) <= 256 * 1024

    def test_putting_again_replaces(self, storage: Storage, key: str) -> None:
        for content in (b"the first, longer", b"the second"):
            storage.put(key, [content], PDF)
            storage.put(key, [content], PDF)
            assert read(storage, key) == content

    @pytest.mark.parametrize("size", [10, 9 * MIB])
    @pytest.mark.parametrize("error", [UnluckyError, OSError, KeyboardInterrupt])
    def test_a_stream_that_fails_leaves_nothing_and_its_error_comes_through(
        self, size: int, error: type[BaseException], storage: Storage, key: str
    ) -> None:
        raised = error("ours")
        with pytest.raises(error) as caught:
            storage.put(key, broken_off(bytes(size), error=raised), PDF)
        assert caught.value is raised
        with pytest.raises(FileAbsentError):
            storage.stat(key)
        with pytest.raises(FileAbsentError):
            read(storage, key)

    @pytest.mark.parametrize("size", [10, 9 * MIB])
    def test_a_stream_that_fails_leaves_what_was_there(self, size: int, storage: Storage, key: str) -> None:
        storage.put(key, [b"before"], PDF)
        with pytest.raises(UnluckyError):
            storage.put(key, broken_off(bytes(size), error=UnluckyError()), PDF)
        assert read(storage, key) == b"before"

    def test_nothing_can_be_read_before_the_put_has_ended(self, storage: Storage, key: str) -> None:
        def looking() -> Iterator[bytes]:
            for _ in range(2):
                yield bytes(9 * MIB)
                with pytest.raises(FileAbsentError):
                    storage.stat(key)

        assert storage.put(key, looking(), PDF).size == 18 * MIB
        assert storage.stat(key).size == 18 * MIB

    @pytest.mark.parametrize(
        ("start", "end"), [(0, 1), (0, 10), (3, 7), (9, 10), (9, None), (0, None), (5, 11), (0, 1000), (9, 1000)]
    )
    def test_a_range_is_read_up_to_but_not_including_its_end(
        self, start: int, end: int | None, storage: Storage, key: str
    ) -> None:
        storage.put(key, [b"0123456789"], PDF)
        with storage.open(key, start, end) as stream:
            assert b"".join(stream) == b"0123456789"[start:end]
            expected_end = 10 if end is None else min(end, 10)
            assert (stream.size, stream.start, stream.end) == (10, start, expected_end)
            assert stream.length == expected_end - start

    # Each provider's class runs it, and one store serves all its examples; it keeps nothing of its own.
    @settings(
        max_examples=20,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(st.binary(min_size=1, max_size=50), st.data())
    def test_any_range_is_that_of_the_bytes(self, storage: Storage, content: bytes, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(content) - 1))
        end = data.draw(st.none() | st.integers(start + 1, 60))
        storage.put("ranges/any", [content], PDF)
        assert read(storage, "ranges/any", start, end) == content[start:end]

    @pytest.mark.parametrize("start", [10, 11, 10**12])
    @pytest.mark.parametrize("length", [1, None])
    def test_a_range_past_the_end_is_an_error_of_its_own(
        self, start: int, length: int | None, storage: Storage, key: str
    ) -> None:
        storage.put(key, [b"0123456789"], PDF)
        with pytest.raises(RangeOutsideFileError):
            read(storage, key, start, None if length is None else start + length)

    def test_an_empty_file_has_a_range_from_0_and_no_other(self, storage: Storage, key: str) -> None:
        storage.put(key, [], PDF)
        assert read(storage, key, 0, 10) == b""
        with pytest.raises(RangeOutsideFileError):
            read(storage, key, 1)

    @pytest.mark.parametrize(("start", "end"), [(-1, None), (-5, -1), (3, 3), (3, 2), (0, 0), (0, -1)])
    def test_a_range_without_bytes_is_refused_before_the_store_is_asked(
        self, start: int, end: int | None, gone: Storage
    ) -> None:
        with pytest.raises(ValueError, match="range"), gone.open("a", start, end):
            pass

    def test_a_file_that_is_not_there_is_absent(self, storage: Storage, key: str) -> None:
        for start in (0, 5):
            with pytest.raises(FileAbsentError):
                read(storage, key, start)
        with pytest.raises(FileAbsentError):
            storage.stat(key)

    def test_deleting_twice_is_as_good_as_once(self, storage: Storage, key: str) -> None:
        storage.delete(key)
        storage.put(key, [b"x"], PDF)
        storage.delete(key)
        storage.delete(key)
        with pytest.raises(FileAbsentError):
            storage.stat(key)

    @pytest.mark.parametrize("operation", ["put", "open", "stat", "delete"])
    def test_of_a_store_that_is_not_there_nothing_can_be_told(self, operation: str, gone: Storage, key: str) -> None:
        with pytest.raises(StorageUnavailableError):
            OPERATIONS[operation](gone, key)

    @pytest.mark.parametrize("odd", ODD_KEYS)
    def test_an_odd_key_is_refused_before_the_store_is_asked(self, odd: str, gone: Storage) -> None:
        for operation in OPERATIONS.values():
            with pytest.raises(KeyRefusedError):
                operation(gone, odd)

    @pytest.mark.parametrize("plain", ["a", "0", "-", "_", "a..b", "a.pdf", "a/b-c_d.e/0", "/".join(["b" * 127] * 4)])
    def test_a_plain_key_is_taken(self, plain: str, storage: Storage) -> None:
        storage.put(plain, [b"x"], PDF)
        assert read(storage, plain) == b"x"
        storage.delete(plain)

    def test_one_key_may_begin_like_another(self, storage: Storage, key: str) -> None:
        keys = [f"{key}/b/c", key, f"{key}/b", f"{key}/b.file", f"{key}/bb"]
        for each in keys:
            storage.put(each, [each.encode()], PDF)
        storage.delete(f"{key}/b")
        assert [read(storage, each) for each in keys if each != f"{key}/b"] == [
            each.encode() for each in keys if each != f"{key}/b"
        ]

    @pytest.mark.parametrize("content_type", ["", "pdf", "a/b\r\nX: y", "a/b\n", "a /b", "a/é", "a/b; \0"])
    def test_what_is_no_media_type_is_refused(self, content_type: str, gone: Storage) -> None:
        with pytest.raises(ValueError, match="media type"):
            gone.put("a", [b"x"], content_type)
        with pytest.raises(ValueError, match="media type"):
            gone.signed_url("a", SIGNED_AT, 15, "a.pdf", content_type)

    def test_errors_of_whoever_reads_come_through_as_they_are(self, storage: Storage, key: str) -> None:
        storage.put(key, [b"x"], PDF)
        for error in (UnluckyError(), OSError("ours"), FileNotFoundError("ours")):
            with pytest.raises(type(error)) as caught, storage.open(key):
                raise error
            assert caught.value is error

    def test_no_error_says_where_the_file_would_be(
        self, storage: Storage, gone: Storage, key: str, secrets: list[str]
    ) -> None:
        for store in (storage, gone):
            for operation in ("open", "stat"):
                with pytest.raises(StorageError) as caught:
                    OPERATIONS[operation](store, key)
                said = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
                assert caught.value.__suppress_context__
                assert not [secret for secret in [key, *secrets] if secret in said]

    # Signed URLs

    def test_a_signed_url_gives_the_file_as_an_attachment(self, storage: Storage, key: str, fetch: Fetch) -> None:
        storage.put(key, [b"%PDF-1.7"], "application/octet-stream")
        url = storage.signed_url(key, SIGNED_AT, 15, 'naïve "name".pdf', PDF)
        assert key in url
        fetched = fetch(url, SIGNED_AT, "GET")
        assert (fetched.status, fetched.body) == (200, b"%PDF-1.7")
        assert fetched.headers["content-type"] == PDF
        assert fetched.headers["content-disposition"] == (
            "attachment; filename=\"na_ve _name_.pdf\"; filename*=UTF-8''na%C3%AFve%20_name_.pdf"
        )

    @pytest.mark.parametrize("seconds", [1, 15, 604_800])
    def test_a_signed_url_holds_by_the_stores_clock_from_the_given_time(
        self, seconds: int, storage: Storage, key: str, fetch: Fetch
    ) -> None:
        storage.put(key, [b"x"], PDF)
        url = storage.signed_url(key, SIGNED_AT, seconds, "a.pdf", PDF)
        # A store may cut the time of signing to whole seconds; never may it hold longer.
        last = SIGNED_AT.replace(microsecond=0) + timedelta(seconds=seconds)
        assert fetch(url, SIGNED_AT, "GET").status == 200
        assert fetch(url, last - timedelta(milliseconds=1), "GET").status == 200
        assert fetch(url, SIGNED_AT + timedelta(seconds=seconds), "GET").status == 403
        assert fetch(url, SIGNED_AT + timedelta(days=3650), "GET").status == 403

    def test_the_time_of_signing_may_be_in_any_zone_but_must_have_one(
        self, storage: Storage, key: str, fetch: Fetch
    ) -> None:
        there = SIGNED_AT.astimezone(timezone(timedelta(hours=-9, minutes=-30)))
        assert storage.signed_url(key, there, 15, "a.pdf", PDF) == storage.signed_url(key, SIGNED_AT, 15, "a.pdf", PDF)
        with pytest.raises(ValueError, match="time zone"):
            storage.signed_url(key, SIGNED_AT.replace(tzinfo=None), 15, "a.pdf", PDF)

    @pytest.mark.parametrize("seconds", [-1, 0, 604_801])
    def test_a_url_is_signed_for_a_second_to_a_week(self, seconds: int, gone: Storage) -> None:
        with pytest.raises(ValueError, match="seconds"):
            gone.signed_url("a", SIGNED_AT, seconds, "a.pdf", PDF)

    @pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "TRACE"])
    def test_a_signed_url_allows_nothing_but_reading(
        self, method: str, storage: Storage, key: str, fetch: Fetch
    ) -> None:
        storage.put(key, [b"x"], PDF)
        assert fetch(storage.signed_url(key, SIGNED_AT, 15, "a.pdf", PDF), SIGNED_AT, method).status == 403
        assert read(storage, key) == b"x"

    def test_a_signed_url_with_any_character_changed_is_refused(self, storage: Storage, key: str, fetch: Fetch) -> None:
        storage.put(key, [b"x"], PDF)
        url = storage.signed_url(key, SIGNED_AT, 15, "a.pdf", PDF)
        for place in range(url.index(key), len(url)):
            changed = url[:place] + ("f" if url[place] == "1" else "1") + url[place + 1 :]
            if not _same_parameters(url, changed):
                assert fetch(changed, SIGNED_AT, "GET").status in {400, 403, 404}, changed

    def test_a_signed_url_for_one_file_is_none_for_another(self, storage: Storage, key: str, fetch: Fetch) -> None:
        storage.put(key, [b"x"], PDF)
        storage.put(f"{key}0", [b"y"], PDF)
        url = storage.signed_url(key, SIGNED_AT, 15, "a.pdf", PDF).replace(key, f"{key}0")
        assert fetch(url, SIGNED_AT, "GET").status == 403

    def test_a_parameter_more_or_less_is_refused(self, storage: Storage, key: str, fetch: Fetch) -> None:
        storage.put(key, [b"x"], PDF)
        url = storage.signed_url(key, SIGNED_AT, 15, "a.pdf", PDF)
        address, _, query = url.partition("?")
        pairs = query.split("&")
        assert fetch(f"{url}&x=y", SIGNED_AT, "GET").status == 403
        for pair in pairs:
            rest = "&".join(other for other in pairs if other != pair)
            assert fetch(f"{address}?{rest}", SIGNED_AT, "GET").status in {400, 403}
        assert fetch(address, SIGNED_AT, "GET").status == 403

    # Size

    def test_64_megabytes_pass_without_being_held(self, opened_elsewhere: list[str]) -> None:
        script = Path(__file__).with_name("large.py")
        done = subprocess.run([sys.executable, script, *opened_elsewhere], capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        said = json.loads(done.stdout)
        assert said["size"] == 64 * MIB
        assert said["read"] == said["put"]
        assert said["grown"] < 40 * MIB


def _same_parameters(url: str, changed: str) -> bool:
    """Whether a change is none once decoded, such as %2f for %2F."""
    one, other = urlsplit(url), urlsplit(changed)
    return (one.path, _parameters(one.query)) == (other.path, _parameters(other.query))


def _parameters(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)
