"""As many containers of one function as its events need: each takes one event at a time, as on Lambda."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.local.gateway.container import Container
from infra.local.gateway.limits import Limits
from infra.local.gateway.template import Function

# Of one function: more at once would only slow each other down.
STARTS_AT_ONCE = 2

Waiter = asyncio.Future[Container]


class Pool:
    """environment: the processes' whole environment. log: where their output goes. report: told when a start fails."""

    def __init__(
        self,
        function: Function,
        environment: Mapping[str, str],
        log: Path,
        limits: Limits,
        report: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.function = function
        self._environment = environment
        self._log = log
        self._limits = limits
        self._report = report
        self._idle: list[Container] = []
        self._waiters: deque[tuple[float, Waiter]] = deque()  # and since when, by the loop's clock
        self._moved_at = 0.0
        self._looking: asyncio.TimerHandle | None = None
        self._closing = False
        self._starts: set[asyncio.Task[Container]] = set()
        self._busy: set[Container] = set()
        self._ended: list[Container] = []

    async def invoke(self, event: Any, *, by_http: bool = True) -> tuple[Any, bool]:
        """What the handler returned, and whether this was its container's first event. Raises InvocationError."""
        container = await self._acquire()
        cold = container.fresh
        try:
            return await container.invoke(event, self._limits, by_http=by_http), cold
        finally:
            self._busy.discard(container)
            self._offer(container)

    def warm(self) -> None:
        """Starts one container without waiting for it."""
        self._start()

    def trim(self) -> None:
        """Ends what has been idle for long, the last one excepted, and forgets what is gone."""
        oldest = time.monotonic() - self._limits.idle_seconds
        while len(self._idle) > 1 and self._idle[0].idle_since < oldest:
            self._end(self._idle.pop(0))
        self._ended = [container for container in self._ended if not container.gone]

    async def close(self) -> None:
        """Ends every container, also in the middle of an event, and waits until all are gone.

        Whoever waits for one is cancelled.
        """
        self._closing = True
        while waiter := self._next_waiter():
            waiter.cancel()
        if self._looking:
            self._looking.cancel()
        for start in tuple(self._starts):
            start.cancel()
        await asyncio.gather(*self._starts, return_exceptions=True)
        for container in (*self._idle, *self._busy):
            self._end(container)
        self._idle.clear()
        self._busy.clear()
        while self._ended:
            await asyncio.sleep(0.01)
            self.trim()

    async def _acquire(self) -> Container:
        while self._idle:
            container = self._idle.pop()
            if container.alive:
                self._busy.add(container)
                return container
            self._end(container)
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        self._waiters.append((loop.time(), waiter))
        if not self._busy and not self._starts:
            self._grow()
        if self._looking is None:
            self._look()
        return await waiter

    def _look(self) -> None:
        """Again and again while anybody waits: one more container where the queue is at a standstill, or is long.

        A queue that moves is the machine's slowness, and a start, which costs a core about a second, makes it longer.
        """
        while self._waiters and self._waiters[0][1].done():
            self._waiters.popleft()
        if not self._waiters:
            self._looking = None
            return
        loop, since = asyncio.get_running_loop(), self._waiters[0][0]
        until_standstill = max(since, self._moved_at) + self._limits.patience_seconds - loop.time()
        until_long = since + self._limits.queue_seconds - loop.time()
        pause = min(until_standstill, until_long)
        if pause <= 0:
            self._grow()
            pause = self._limits.patience_seconds
        self._looking = loop.call_later(pause, self._look)

    def _grow(self) -> None:
        """Starts a container if there is room."""
        if len(self._starts) < min(len(self._waiters), STARTS_AT_ONCE) and self._room > 0:
            self._start()

    @property
    def _room(self) -> int:
        there = len(self._busy) + len(self._idle) + len(self._starts)
        return 0 if self._closing else self._limits.containers - there

    def _start(self) -> None:
        start = asyncio.get_running_loop().create_task(Container.start(self.function, self._environment, self._log))
        self._starts.add(start)
        start.add_done_callback(self._started)

    def _started(self, start: asyncio.Task[Container]) -> None:
        self._starts.discard(start)
        if start.cancelled():
            return
        if error := start.exception():
            self._report(f"{error}. See {self._log}")
            if waiter := self._next_waiter():
                waiter.set_exception(error)
        else:
            self._offer(start.result())

    def _offer(self, container: Container) -> None:
        """Gives a free container to whoever waits longest, or keeps it."""
        if not container.alive:
            self._end(container)
            self._grow()
        elif waiter := self._next_waiter():
            self._busy.add(container)
            waiter.set_result(container)
        else:
            container.idle_since = time.monotonic()
            self._idle.append(container)

    def _next_waiter(self) -> Waiter | None:
        while self._waiters:
            _, waiter = self._waiters.popleft()
            if not waiter.done():
                self._moved_at = asyncio.get_running_loop().time()
                return waiter
        return None

    def _end(self, container: Container) -> None:
        container.end()
        self._ended.append(container)
