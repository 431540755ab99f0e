"""The Range header, as RFC 9110 section 14 has it, for one range of bytes."""

import re
from dataclasses import dataclass

FAR = 10**18
"""Past the end of every file; fits Postgres' bigint."""

ONE_RANGE = re.compile(r"bytes=(?:(\d+)-(\d*)|-(\d+))", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class ByteRange:
    """`bytes=first-last`, `bytes=first-` or `bytes=-suffix_length`."""

    first: int | None
    last: int | None
    suffix_length: int | None

    def within(self, size: int) -> tuple[int, int] | None:
        """(start, end) with the end not included, or None when nothing of it lies in a file of `size` bytes."""
        if self.suffix_length is not None:
            start, end = max(0, size - self.suffix_length), size
        else:
            assert self.first is not None
            start, end = self.first, size if self.last is None else min(self.last + 1, size)
        return (start, end) if start < end else None


def parse_range(header: str | None) -> ByteRange | None:
    """The range, or None where there is none to honour: several ranges and malformed ones are answered whole."""
    match = ONE_RANGE.fullmatch(header.strip()) if header else None
    if match is None:
        return None
    first, last, suffix_length = (_number(part) if part else None for part in match.groups())
    if first is not None and last is not None and last < first:
        return None
    return ByteRange(first, last, suffix_length)


def _number(digits: str) -> int:
    """However many digits there are: what is past every file's end need not be told apart."""
    significant = digits.lstrip("0") or "0"
    return int(significant) if len(significant) < len(str(FAR)) else FAR
