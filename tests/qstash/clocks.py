"""Clocks that a test moves: no test waits."""

import asyncio
from datetime import datetime

from infra.local.qstash.clock import Clock


class SkippingClock(Clock):
    """Never waits: notes what it was asked to wait, and jumps there."""

    def __init__(self, speed: float = 1.0) -> None:
        super().__init__(speed)
        self.waits: list[float] = []
        self._ahead = 0.0

    def now(self) -> float:
        return super().now() + self._ahead

    def skip(self, seconds: float) -> None:
        self._ahead += seconds

    async def wait(self, seconds: float, interrupted: asyncio.Event) -> None:
        self.waits.append(seconds)
        self.skip(seconds)
        await asyncio.sleep(0)


class SteppingClock(Clock):
    """Stands still until it is moved; whoever waits goes on when the time has come."""

    def __init__(self, start: str, speed: float = 1.0) -> None:
        """`start` is an ISO 8601 date and time."""
        super().__init__(speed)
        self._now = datetime.fromisoformat(start).timestamp()
        self._waiting: list[tuple[float, asyncio.Event, asyncio.AbstractEventLoop]] = []

    def now(self) -> float:
        return self._now

    def step(self, seconds: float) -> None:
        """Move on; to be called from outside the event loop."""
        self._now += seconds
        for due, wake, loop in list(self._waiting):
            if due <= self._now:
                loop.call_soon_threadsafe(wake.set)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    async def wait(self, seconds: float, interrupted: asyncio.Event) -> None:
        waiting = (self._now + seconds, asyncio.Event(), asyncio.get_running_loop())
        self._waiting.append(waiting)
        woken = [asyncio.ensure_future(event.wait()) for event in (waiting[1], interrupted)]
        try:
            if waiting[0] > self._now:
                await asyncio.wait(woken, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.remove(waiting)
            for task in woken:
                task.cancel()
