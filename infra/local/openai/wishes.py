"""The words in a prompt that say what shall happen; see the table in __init__.py."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from infra.local.openai import errors
from infra.local.openai.errors import Refusal

FAIL = re.compile(r"\[fail( once)?: *([a-z ]+?) *\]", re.IGNORECASE)
REFUSALS: dict[str, Refusal] = {
    "content policy": errors.CONTENT_POLICY,
    "rate limit": errors.RATE_LIMIT,
    "quota": errors.QUOTA,
    "key": errors.KEY,
    "error": errors.ERROR,
    "overloaded": errors.OVERLOADED,
}
ANSWERS = ("hang up", "never", "truncated", "unreadable", "not an image", "too large", "beyond a callback")
"""Of what happens besides."""


class Wishes:
    """Remembers which prompts were here before."""

    def __init__(self, wait_seconds: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`wait_seconds`: what a rate limit asks for."""
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._first_seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def failure(self, prompt: str) -> str | None:
        """How this call is to fail, if it is. Raises RefusedError for a failure that nobody knows."""
        found = FAIL.search(prompt)
        if found is None:
            return None
        once, name = bool(found[1]), found[2].lower()
        if name not in REFUSALS and name not in ANSWERS:
            known = ", ".join([*REFUSALS, *ANSWERS])
            raise errors.invalid(f"The mock knows no [fail: {name}], only {known}.", "prompt")
        return None if once and self._is_over(prompt, name) else name

    def _is_over(self, prompt: str, name: str) -> bool:
        with self._lock:
            is_new = prompt not in self._first_seen
            since = self._clock() - self._first_seen.setdefault(prompt, self._clock())
        return not is_new and (name != "rate limit" or since >= self._wait_seconds)


def is_slow(prompt: str) -> bool:
    return "[slow]" in prompt.lower()


def is_by_url(prompt: str) -> bool:
    return "[by url]" in prompt.lower()
