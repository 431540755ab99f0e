"""When the `handoff` command ends: at a signal, or with the process that called it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from infra.local.errors import LocalError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_SECONDS = 0.2


@asynccontextmanager
async def until_stopped(*, parent: int | None = None) -> AsyncIterator[None]:
    """Cuts the block short at the first signal, letting it clean up; a second one ends us at once.

    parent: the process id of whoever called us; also when it is gone. No signal tells us of a kill -9 of `make`. The
    caller names itself: whom we could ask for may be gone before we are there to ask. Raises LocalError if it is gone
    already.
    """
    if parent is not None and os.getppid() != parent:
        raise LocalError(f"Process {parent}, which this was to end with, is gone.")
    loop = asyncio.get_running_loop()
    block = asyncio.current_task()
    assert block is not None
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if stopped:
            os._exit(130)
        stopped = True
        block.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    watching = asyncio.create_task(call_when_gone(parent, stop)) if parent is not None else None
    try:
        yield
    except asyncio.CancelledError:
        if not stopped:
            raise
        block.uncancel()
    finally:
        if watching:
            watching.cancel()
        for number in SIGNALS:
            loop.remove_signal_handler(number)


async def call_when_gone(parent: int, stop: Callable[[], None]) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 (nobody tells us, so there is nothing to wait for)
        await asyncio.sleep(LOOK_SECONDS)
    stop()
