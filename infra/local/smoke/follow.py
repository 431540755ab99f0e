"""Waiting for a run, as the page does."""

import time
from collections.abc import Callable

from infra.local.smoke.client import Client, Json, SmokeError

WAIT = "wait=20"


UNFINISHED = ("queued", "running")
LONGEST_SECONDS = 900
"""A run's own deadline ends it before."""


def wait_for(client: Client, href: str, is_over: Callable[[Json], bool], seconds: float = LONGEST_SECONDS) -> Json:
    """What stands at `href` once it is over. Raises SmokeError when it is not after so many seconds."""
    until, etag = time.monotonic() + seconds, ""
    seen: Json = {}
    while time.monotonic() < until:
        headers = {"Prefer": WAIT} | ({"If-None-Match": etag} if etag else {})
        answer = client.ask("GET", href, 200, 304, headers=headers)
        if answer.status_code == 304:
            continue
        seen, etag = answer.json(), answer.headers.get("etag", "")
        if is_over(seen):
            return seen
    raise SmokeError(f"GET {href}: not over after {seconds:.0f} s; its state is {seen.get('state')}")
