"""Durations in headers: "50s", "1d10h30m" from publishers, and the finer units of Retry-After from destinations."""

import re

from infra.local.qstash.errors import InvalidRequestError

# https://upstash.com/docs/qstash/api-reference/messages/publish-a-message (Upstash-Delay, Upstash-Timeout)
_PUBLISHED_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# https://upstash.com/docs/qstash/features/retry (Retry-After: "6m5s")
_ANSWERED_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def published_seconds(header: str, value: str) -> float:
    """Seconds in a publisher's header such as "1d10h30m"; InvalidRequestError if it is no duration."""
    seconds = _seconds(value.strip(), _PUBLISHED_UNITS)
    if seconds is None:
        raise InvalidRequestError(f"invalid {header}: {value!r} is not a duration such as 10s, 5m or 1d10h")
    return seconds


def answered_seconds(value: str) -> float | None:
    """Seconds in a destination's header such as "6m5s", or None."""
    return _seconds(value.strip(), _ANSWERED_UNITS)


def _seconds(value: str, units: dict[str, float]) -> float | None:
    part = re.compile(r"(\d+(?:\.\d+)?)(" + "|".join(sorted(units, key=len, reverse=True)) + ")")
    if not value or len(value) > 64 or part.sub("", value):
        return None
    return sum(float(number) * units[unit] for number, unit in part.findall(value))
