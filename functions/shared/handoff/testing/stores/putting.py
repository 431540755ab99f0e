"""Bytes go in whole, or not at all."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from itertools import repeat

import pytest

from handoff.storage import FileAbsentError, Storage
from handoff.testing.stores.base import MIB, PDF, SIGNED_AT, StoreFixtures, UnluckyError, broken_off, read

PATIENCE_SECONDS = 10


class Putting(StoreFixtures):
    """Bytes go in whole, or not at all."""

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

    def test_two_puts_at_once_leave_one_of_them_whole_and_wait_for_nobody(self, storage: Storage, key: str) -> None:
        both = threading.Barrier(2)

        def pieces(letter: bytes) -> Iterator[bytes]:
            yield letter * MIB
            both.wait(PATIENCE_SECONDS)
            yield letter * MIB

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda letter: storage.put(key, pieces(letter), PDF), (b"a", b"b")))
        found = read(storage, key)
        assert found in (b"a" * 2 * MIB, b"b" * 2 * MIB)

    def test_nothing_can_be_read_before_the_put_has_ended(self, storage: Storage, key: str) -> None:
        def looking() -> Iterator[bytes]:
            for _ in range(2):
                yield bytes(9 * MIB)
                with pytest.raises(FileAbsentError):
                    storage.stat(key)

        assert storage.put(key, looking(), PDF).size == 18 * MIB
        assert storage.stat(key).size == 18 * MIB

    @pytest.mark.parametrize("content_type", ["", "pdf", "a/b\r\nX: y", "a/b\n", "a /b", "a/é", "a/b; \0"])
    def test_what_is_no_media_type_is_refused(self, content_type: str, gone: Storage) -> None:
        with pytest.raises(ValueError, match="media type"):
            gone.put("a", [b"x"], content_type)
        with pytest.raises(ValueError, match="media type"):
            gone.signed_url("a", SIGNED_AT, 15, "a.pdf", content_type)
