"""When a failed message is tried again. https://upstash.com/docs/qstash/features/retry"""

import math
from datetime import UTC
from email.utils import parsedate_to_datetime

from infra.local.qstash.duration import answered_seconds
from infra.local.qstash.expression import RetryDelay
from infra.local.qstash.headers import Headers, first
from infra.local.qstash.limits import MAX_DELAY_SECONDS

# Read in the order the documentation lists them.
_WISHES = ("retry-after", "x-ratelimit-reset", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens")


def is_final(status: int, headers: Headers) -> bool:
    """Whether the destination forbids any retry: 489 with Upstash-NonRetryable-Error: true."""
    return status == 489 and (first(headers, "upstash-nonretryable-error") or "").strip().lower() == "true"


def wished_seconds(headers: Headers, now: float) -> float | None:
    """The pause the destination asks for, or None; a wish beyond one day is passed over, as documented.

    Takes the place of both the default backoff and Upstash-Retry-Delay: it knows more than who published did. (The
    documentation says so of the backoff only.)
    """
    for name in _WISHES:
        seconds = _wish(first(headers, name) or "", now)
        if seconds is not None:
            return seconds if seconds <= MAX_DELAY_SECONDS else None
    return None


def backoff_seconds(formula: RetryDelay | None, retried: int) -> float:
    """The pause before the next try of a message retried `retried` times so far: its formula, else e ** 2.5n."""
    if formula is not None:
        milliseconds = formula.milliseconds(retried)
        if milliseconds is not None:
            return min(MAX_DELAY_SECONDS, milliseconds / 1000)
    return min(MAX_DELAY_SECONDS, math.exp(min(2.5 * (retried + 1), 100)))


def _wish(text: str, now: float) -> float | None:
    """Seconds from "10", "6m5s" or an RFC 1123 date."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 20:
        return float(text)
    seconds = answered_seconds(text)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
