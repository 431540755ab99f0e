"""Bytes come out as they were, or as many of them as were asked for."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.storage import RangeOutsideFileError, Storage
from handoff.testing.stores.base import MIB, PDF, StoreFixtures, UnluckyError, read


class Reading(StoreFixtures):
    """Bytes come out as they were, or as many of them as were asked for."""

    def test_a_file_is_read_in_chunks(self, storage: Storage, key: str) -> None:
        storage.put(key, [bytes(MIB)], PDF)
        with storage.open(key) as stream:
            assert max(map(len, stream)) <= 256 * 1024

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

    def test_errors_of_whoever_reads_come_through_as_they_are(self, storage: Storage, key: str) -> None:
        storage.put(key, [b"x"], PDF)
        for error in (UnluckyError(), OSError("ours"), FileNotFoundError("ours")):
            with pytest.raises(type(error)) as caught, storage.open(key):
                raise error
            assert caught.value is error
