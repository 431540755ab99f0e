"""Conditional requests that wait: If-None-Match (RFC 9110) and Prefer: wait=N (RFC 7240)."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from starlette.requests import Request


class Versioned(Protocol):
    """A representation: what it is known by, and when it changes by itself, in seconds from now."""

    @property
    def etag(self) -> str: ...
    @property
    def seconds_to_change(self) -> float | None: ...


Look = TypeVar("Look", bound=Versioned)

WAIT = re.compile(r"(?:^|[,;])\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|[,;])", re.IGNORECASE)

# Most work is done within two seconds: look often first, then save the database the trouble.
EAGER_SECONDS = 2.0
EAGER_PAUSE = 0.08
PAUSE = 0.25


def preferred_wait(request: Request, longest: int) -> int:
    """How many seconds the client would wait, and we let it."""
    match = WAIT.search(",".join(request.headers.getlist("prefer")))
    return min(int(match[1]), longest) if match else 0


def is_known(request: Request, etag: str) -> bool:
    """Whether If-None-Match names this ETag (weak comparison, RFC 9110 section 13.1.2)."""
    given = ",".join(request.headers.getlist("if-none-match"))
    if given.strip() == "*":
        return True
    return any(part.strip().removeprefix("W/") == etag for part in given.split(","))


async def wait_until_changed(
    look: Callable[[], Look],
    known: Callable[[str], bool],
    seconds: float,
    sleep: Callable[[float], None] | None = None,
) -> Look:
    """Look again and again until the representation is not the known one, or the time is up.

    `sleep` replaces the pauses between looks: it returns early when there is something to see.
    """
    started = time.monotonic()
    while True:
        seen = look()
        waited = time.monotonic() - started
        left = seconds - waited
        if not known(seen.etag) or left <= 0:
            return seen
        pause = EAGER_PAUSE if waited < EAGER_SECONDS else PAUSE
        if sleep is not None:
            until_change = seen.seconds_to_change if seen.seconds_to_change is not None else left
            sleep(max(0.0, min(left, LISTENING_PAUSE, until_change)))
        else:
            await asyncio.sleep(min(left, pause))


LISTENING_PAUSE = 1.0
"""With LISTEN: visits are not announced, and a notification can be missed while a connection is replaced."""
