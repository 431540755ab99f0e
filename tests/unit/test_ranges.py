"""RFC 9110 section 14: https://www.rfc-editor.org/rfc/rfc9110#section-14"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.links.ranges import ByteRange, parse_range

SIZE = 10_000

# The examples of section 14.1.2, for a file of 10,000 bytes: (start, end), with the end not included.
EXAMPLES = {
    "bytes=0-499": (0, 500),
    "bytes=500-999": (500, 1000),
    "bytes=-500": (9500, 10_000),
    "bytes=9500-": (9500, 10_000),
    "bytes=0-0": (0, 1),
    "bytes=-1": (9999, 10_000),
    "bytes=0-": (0, 10_000),
    "bytes=9999-9999": (9999, 10_000),
    "bytes=9999-20000": (9999, 10_000),
    "bytes=-20000": (0, 10_000),
    "BYTES=0-1": (0, 2),
    " bytes=0-1 ": (0, 2),
    "bytes=00-01": (0, 2),
    "bytes=0-" + "9" * 19: (0, 10_000),
    "bytes=-" + "9" * 5000: (0, 10_000),
    "bytes=" + "0" * 5000 + "1-2": (1, 3),
}
OUTSIDE = [
    "bytes=10000-", "bytes=10000-10001", "bytes=999999999999999999-", "bytes=-0",
    "bytes=" + "9" * 19 + "-", "bytes=" + "9" * 5000 + "-", "bytes=" + "9" * 19 + "-" + "9" * 5000,
]  # fmt: skip
NOT_HONOURED = [
    None, "", "bytes", "bytes=", "bytes=-", "bytes=--1", "bytes=1--2", "bytes=a-b", "bytes=0-1,2-3", "bytes=0-1,",
    "bytes=0-1;x",
    "bytes=5-4", "bytes =0-1", "bytes= 0-1", "bytes=0 -1", "bytes=0-1-2", "items=0-1", "bytes=0x0-0x1", "bytes=1.0-2",
    "bytes=+1-2",
    "bytes=" + "0-0," * 1000 + "0-0", "bytes=0-1\0", "bytes=²-³",
    "bytes=٠-١", "none", "0-1",
]  # fmt: skip


@pytest.mark.parametrize(("header", "part"), EXAMPLES.items(), ids=lambda value: ascii(value)[:30])
def test_one_range_is_the_part_it_names(header: str, part: tuple[int, int]) -> None:
    parsed = parse_range(header)
    assert parsed is not None
    assert parsed.within(SIZE) == part


@pytest.mark.parametrize("header", OUTSIDE, ids=lambda header: ascii(header)[:30])
def test_a_range_past_the_end_lies_nowhere(header: str) -> None:
    parsed = parse_range(header)
    assert parsed is not None
    assert parsed.within(SIZE) is None


@pytest.mark.parametrize("header", NOT_HONOURED, ids=lambda header: ascii(header)[:30])
def test_what_is_no_single_range_of_bytes_is_not_honoured(header: str | None) -> None:
    assert parse_range(header) is None


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_nothing_lies_in_an_empty_file(header: str) -> None:
    parsed = parse_range(header)
    assert parsed is not None
    assert parsed.within(0) is None


@given(first=st.integers(0, 200), last=st.integers(0, 200) | st.none(), size=st.integers(0, 150))
def test_a_range_is_what_slicing_gives(first: int, last: int | None, size: int) -> None:
    parsed = parse_range(f"bytes={first}-{'' if last is None else last}")
    if last is not None and last < first:
        assert parsed is None
        return
    assert parsed == ByteRange(first, last, None)
    data = bytes(number % 256 for number in range(size))
    wanted = data[first : None if last is None else last + 1]
    part = parsed.within(size) if parsed else None
    assert (data[part[0] : part[1]] if part else b"") == wanted
    assert part is None or 0 <= part[0] < part[1] <= size


@given(length=st.integers(0, 200), size=st.integers(0, 150))
def test_a_suffix_is_what_slicing_gives(length: int, size: int) -> None:
    parsed = parse_range(f"bytes=-{length}")
    assert parsed == ByteRange(None, None, length)
    data = bytes(number % 256 for number in range(size))
    part = parsed.within(size) if parsed else None
    assert (data[part[0] : part[1]] if part else b"") == (data[-length:] if length else b"")


@given(st.text(max_size=40))
def test_no_header_whatever_is_a_failure(header: str) -> None:
    for given_header in (header, f"bytes={header}"):
        parsed = parse_range(given_header)
        assert parsed is None or parsed.within(SIZE) is None or parsed.within(SIZE) == parsed.within(SIZE)
