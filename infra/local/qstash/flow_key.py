"""One flow control key: the limits its messages share, how much of them is used, and who waits.

https://upstash.com/docs/qstash/features/flowcontrol
https://upstash.com/docs/qstash/api-reference/flow-control (schema FlowControlKey)
"""

import asyncio
from typing import Any

from infra.local.qstash.clock import Clock
from infra.local.qstash.flow_options import FlowOptions
from infra.local.qstash.line import Line
from infra.local.qstash.message import Message


class FlowKey:
    """Each attempt of its messages takes a place, a retry as well, and counts in the current period.

    A period begins with the first attempt after the last one ended (the vendor documents the start it shows, not how
    it chooses it), and is divided by the clock's speed, as every wait of QStash's own.
    """

    def __init__(self, key: str, clock: Clock) -> None:
        self.key = key
        self.line = Line(self._take)
        self.paused = False
        self.active = 0
        self.parallelism: int | None = None
        self.rate: int | None = None
        self.period = 1
        self.pinned_parallelism = self.pinned_rate = False
        self._clock = clock
        self._count = 0
        self._start = 0.0
        self._timer: asyncio.Task[None] | None = None

    def configure(self, options: FlowOptions) -> None:
        """ "The processing configuration is updated based on configurations provided by incoming messages", pinned
        parts excepted."""
        if not self.pinned_parallelism:
            self.parallelism = options.parallelism
        if not self.pinned_rate:
            self.rate, self.period = options.rate, options.period
        self._changed()

    def pin(self, parallelism: int | None, rate: int | None, period: int) -> None:
        """Set and keep what is given; "pinning a configuration resets the current state (rate count and period)"."""
        if parallelism is not None:
            self.parallelism, self.pinned_parallelism = parallelism, True
        if rate is not None:
            self.rate, self.period, self.pinned_rate = rate, period, True
        self.reset_rate()

    def unpin(self, *, parallelism: bool, rate: bool) -> None:
        """Let messages set it again; until one does, what was pinned stays in force."""
        self.pinned_parallelism = self.pinned_parallelism and not parallelism
        self.pinned_rate = self.pinned_rate and not rate

    def pause(self, paused: bool) -> None:
        """Paused, nobody passes; the current period goes on."""
        self.paused = paused
        self._changed()

    def reset_rate(self) -> None:
        """End the current period: a new one begins now."""
        self._count, self._start = 0, self._clock.now()
        self._changed()

    def leave(self) -> None:
        """An attempt is over."""
        self.active -= 1
        self.line.advance()

    @property
    def idle(self) -> bool:
        """Whether nothing would be lost with it."""
        kept = self.paused or self.pinned_parallelism or self.pinned_rate
        return not (kept or self.active or len(self.line))

    def close(self) -> None:
        """Wait for no period."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def as_json(self) -> dict[str, Any]:
        """The schema's object; a limit that is not set is left out: "if not exists, it means not limited"."""
        running = self._remaining() > 0
        limits = {"parallelismMax": self.parallelism, "rateMax": self.rate}
        return {
            "flowControlKey": self.key,
            "waitListSize": len(self.line),
            **{name: value for name, value in limits.items() if value is not None},
            "parallelismCount": self.active,
            "rateCount": self._count if running else 0,
            "ratePeriod": self.period,
            "ratePeriodStart": int(self._start) if running else 0,
            "isPaused": self.paused,
            "isPinnedParallelism": self.pinned_parallelism,
            "isPinnedRate": self.pinned_rate,
        }

    def _take(self, message: Message) -> bool:
        if self.paused or (self.parallelism is not None and self.active >= self.parallelism):
            return False
        if self.rate is not None:
            if self._remaining() <= 0:
                self._count, self._start = 0, self._clock.now()
            if self._count >= self.rate:
                if self._timer is None:
                    self._timer = asyncio.create_task(self._next_period())
                return False
            self._count += 1
        self.active += 1
        return True

    def _remaining(self) -> float:
        """Seconds until the current period ends."""
        return self._start + self.period / self._clock.speed - self._clock.now()

    async def _next_period(self) -> None:
        await self._clock.wait(self._remaining(), asyncio.Event())
        self._timer = None
        self.line.advance()

    def _changed(self) -> None:
        self.close()
        self.line.advance()
