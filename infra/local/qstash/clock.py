"""Time, and how fast it passes: the one place that waits, so that a test can pass a clock of its own."""

import asyncio
import contextlib
import time


class Clock:
    """Real time; waits are divided by `speed`.

    `speed` divides what QStash itself waits: Upstash-Delay, Upstash-Not-Before, the pauses between attempts. It does
    not touch timeouts, the lifetime of signatures or the memory of deduplication: those concern others' clocks.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time()

    def milliseconds(self) -> int:
        """Unix time in milliseconds, as QStash's API has it."""
        return int(self.now() * 1000)

    async def wait(self, seconds: float, interrupted: asyncio.Event) -> None:
        """Return after `seconds` (already divided by whoever calls), or as soon as `interrupted` is set."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(interrupted.wait(), timeout=max(0.0, seconds))
