"""Stores that do not keep a file as it came, or do not give it out as it was."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from handoff.storage import FileAbsentError, RangeOutsideFileError, StoredFile, StoredStream
from handoff.storage.base import CHUNK_BYTES
from handoff.storage.filesystem import FilesystemStorage
from handoff.testing import StorageConformance
from handoff.testing.stores import MIB
from tests.storage.filesystem import FilesystemFixtures


class Broken(FilesystemFixtures, StorageConformance):
    large_bytes = MIB


class TestLosesTheLastByte(Broken):
    breaks = "test_what_is_put_is_what_is_read"

    class opens(FilesystemStorage):
        @contextmanager
        def _writing(self, key: str, content_type: str) -> Iterator[Callable[[bytes], None]]:
            written = 0
            with super()._writing(key, content_type) as write:

                def counted(chunk: bytes) -> None:
                    nonlocal written
                    written += len(chunk)
                    write(chunk[:-1] if written == CHUNK_BYTES + 1 else chunk)

                yield counted


class TestTiresOfSmallChunks(Broken):
    breaks = "test_the_stream_may_come_in_any_chunks"

    class opens(FilesystemStorage):
        @contextmanager
        def _writing(self, key: str, content_type: str) -> Iterator[Callable[[bytes], None]]:
            count = 0
            with super()._writing(key, content_type) as write:

                def counted(chunk: bytes) -> None:
                    nonlocal count
                    count += 1
                    if len(chunk) > 1 or count < 100:
                        write(chunk)

                yield counted


class TestKeepsWhatWasLonger(Broken):
    breaks = "test_putting_again_replaces"

    class opens(FilesystemStorage):
        def put(self, key: str, stream: Iterable[bytes], content_type: str) -> StoredFile:
            content = list(stream) if key.startswith("exports/") and self._is_longer(key) else []
            return super().put(key, [*content, b"..."] if content else stream, content_type)

        def _is_longer(self, key: str) -> bool:
            with contextlib.suppress(OSError):
                return self._path(key).stat().st_size > 10
            return False


class TestKeepsAPartOnCtrlC(Broken):
    breaks = "test_a_stream_that_fails_leaves_nothing_and_its_error_comes_through"

    class opens(FilesystemStorage):
        @contextmanager
        def _writing(self, key: str, content_type: str) -> Iterator[Callable[[bytes], None]]:
            interrupted = None
            with super()._writing(key, content_type) as write:
                try:
                    yield write
                except KeyboardInterrupt as error:
                    interrupted = error
            if interrupted:
                raise interrupted


class TestEmptiesItsPlaceFirst(Broken):
    breaks = "test_a_stream_that_fails_leaves_what_was_there"

    class opens(FilesystemStorage):
        @contextmanager
        def _writing(self, key: str, content_type: str) -> Iterator[Callable[[bytes], None]]:
            self._path(key).unlink(missing_ok=True)
            with super()._writing(key, content_type) as write:
                yield write


class TestLetsOneInAtATime(Broken):
    breaks = "test_two_puts_at_once_leave_one_of_them_whole_and_wait_for_nobody"

    class opens(FilesystemStorage):
        one_at_a_time = threading.Lock()

        @contextmanager
        def _writing(self, key: str, content_type: str) -> Iterator[Callable[[bytes], None]]:
            with self.one_at_a_time, super()._writing(key, content_type) as write:
                yield write


class TestShowsALargeFileEarly(Broken):
    breaks = "test_nothing_can_be_read_before_the_put_has_ended"

    class opens(FilesystemStorage):
        @contextmanager
        def _writing(self, key: str, content_type: str) -> Iterator[Callable[[bytes], None]]:
            written = 0
            with super()._writing(key, content_type) as write:

                def counted(chunk: bytes) -> None:
                    nonlocal written
                    write(chunk)
                    written += len(chunk)
                    if written > 17 * MIB:
                        self._path(key).parent.mkdir(parents=True, exist_ok=True)
                        self._path(key).write_bytes(b"early")

                yield counted


class TestForgivesATypeItsLineEnd(Broken):
    breaks = "test_what_is_no_media_type_is_refused"

    class opens(FilesystemStorage):
        def put(self, key: str, stream: Iterable[bytes], content_type: str) -> StoredFile:
            return super().put(key, stream, content_type.rstrip("\n"))


class TestReadsInLargeChunks(Broken):
    breaks = "test_a_file_is_read_in_chunks"

    class opens(FilesystemStorage):
        @contextmanager
        def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
            with super()._reading(key, start, end) as stream:
                halves = zip(*[iter(stream.chunks)] * 2, strict=False) if stream.size == MIB else ()
                chunks = (b"".join(half) for half in halves) if stream.size == MIB else stream.chunks
                yield StoredStream(stream.size, stream.start, stream.end, chunks)


class TestReadsTheEndToo(Broken):
    breaks = "test_a_range_is_read_up_to_but_not_including_its_end"

    class opens(FilesystemStorage):
        @contextmanager
        def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
            one_more = end + 1 if end == 7 and key.startswith("exports/") else end
            with super()._reading(key, start, one_more) as stream:
                yield stream


class TestReadsFromTheBeginning(Broken):
    breaks = "test_any_range_is_that_of_the_bytes"

    class opens(FilesystemStorage):
        @contextmanager
        def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
            with super()._reading(key, 0 if key == "ranges/any" else start, end) as stream:
                yield stream


class TestCallsWhatIsOutsideAbsent(Broken):
    breaks = "test_a_range_past_the_end_is_an_error_of_its_own"

    class opens(FilesystemStorage):
        @contextmanager
        def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
            if start > 10**9:
                raise FileAbsentError
            with super()._reading(key, start, end) as stream:
                yield stream


class TestHasNoRangeOfNothing(Broken):
    breaks = "test_an_empty_file_has_a_range_from_0_and_no_other"

    class opens(FilesystemStorage):
        @contextmanager
        def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
            with super()._reading(key, start, end) as stream:
                if stream.size == 0 and end is not None:
                    raise RangeOutsideFileError
                yield stream


class TestCountsFromTheEnd(Broken):
    breaks = "test_a_range_without_bytes_is_refused_before_the_store_is_asked"

    class opens(FilesystemStorage):
        @contextmanager
        def open(self, key: str, start: int = 0, end: int | None = None) -> Iterator[StoredStream]:
            with super().open(key, 0 if start == -1 else start, end) as stream:
                yield stream


class TestTakesEveryErrorForItsOwn(Broken):
    breaks = "test_errors_of_whoever_reads_come_through_as_they_are"

    class opens(FilesystemStorage):
        @contextmanager
        def _reading(self, key: str, start: int, end: int | None) -> Iterator[StoredStream]:
            with self._translated(), super()._reading(key, start, end) as stream:
                yield stream


class TestHoldsAFile(Broken):
    breaks = "test_64_megabytes_pass_without_being_held"
    large_bytes = 64 * MIB

    class opens(FilesystemStorage):
        def put(self, key: str, stream: Iterable[bytes], content_type: str) -> StoredFile:
            return super().put(key, [b"".join(stream)] if key == "large/file" else stream, content_type)
