"""Durations as people write them in a query: 90m, 1h, 3600s."""

import re
from datetime import timedelta

from handoff.errors import InvalidQueryError

SECONDS = {"s": 1, "m": 60, "h": 3600}
LONGEST = timedelta(hours=744)
"""31 days."""


def duration(name: str, given: str) -> timedelta:
    """Raises InvalidQueryError, naming the parameter."""
    match = re.fullmatch(r"([1-9][0-9]{0,6})([smh])", given, re.ASCII)
    found = timedelta(seconds=int(match[1]) * SECONDS[match[2]]) if match else None
    if found is None or found > LONGEST:
        raise InvalidQueryError(f"{name} must be a number of s, m or h, such as 90m, of 744h at most")
    return found


def expectations(max_call: str, window: str) -> tuple[timedelta, timedelta]:
    """How long a call can last, and how far back to look. Raises InvalidQueryError."""
    longest_call, back = duration("max_call", max_call), duration("window", window)
    if longest_call >= back:
        raise InvalidQueryError("window must be longer than max_call: a call is suspected after max_call")
    return longest_call, back
