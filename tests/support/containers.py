"""Several containers of a function at work at once: each is a loaded module in a thread of its own, as Lambda has each
in a machine of its own. Their connections to Postgres, and so their transactions, really are concurrent."""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

from tests.support.functions import Answer, hang_up, invoke


def at_once(modules: Sequence[ModuleType], make_events: Callable[[int], Sequence[dict[str, Any]]]) -> list[Answer]:
    """Every container answers its own events (`make_events(its number)`), all starting at the same moment."""
    barrier = threading.Barrier(len(modules))

    def work(number: int) -> list[Answer]:
        events = make_events(number)
        loop = asyncio.new_event_loop()  # Mangum runs each request on the thread's loop
        asyncio.set_event_loop(loop)
        try:
            barrier.wait(timeout=60)
            return [invoke(modules[number], event) for event in events]
        finally:
            loop.run_until_complete(hang_up(modules[number]))
            asyncio.set_event_loop(None)
            loop.close()

    with ThreadPoolExecutor(len(modules)) as pool:
        return [answer for answers in pool.map(work, range(len(modules))) for answer in answers]


def meanwhile(module: ModuleType, event: dict[str, Any]) -> Answer:
    """What another container answers while this thread is in the middle of something."""
    (answer,) = at_once([module], lambda _: [event])
    return answer


def heavy(count: int) -> int:
    """A large number, whole with HANDOFF_HEAVY=1 and a tenth of it otherwise."""
    return count if os.environ.get("HANDOFF_HEAVY") == "1" else count // 10
