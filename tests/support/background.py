"""Something asynchronous that runs in a thread of its own while a test goes on."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any


@contextmanager
def in_background(start: Callable[[], AbstractAsyncContextManager[Any]]) -> Iterator[None]:
    """`start` is called in the loop of that thread; what it gives is open for the length of the block."""
    ready, stop = threading.Event(), threading.Event()

    async def run() -> None:
        async with start():
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield
    finally:
        stop.set()
        thread.join()
