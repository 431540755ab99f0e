"""The load's own process: `python -m tests.bench.load.generator PAGE DIGEST`.

Reads one plan a line from its input, {"rate", "seconds", "shares", "seed"}, and writes one line of what it saw.

The loop is open: a request is sent when it is due, whatever has become of those before it, and its latency counts from
when it was due, not from when it was sent. A generator that waits for an answer before it sends the next asks less of
a server that has become slow, and hides just what it was to find: Gil Tene's "coordinated omission"
(https://github.com/giltene/wrk2). How late this process itself was is measured too: it shares the machine with what
it measures.
"""

import asyncio
import gc
import json
import os
import sys
from collections import Counter
from contextlib import suppress
from typing import Any

import aiohttp

from tests.bench.load.people import GIVE_UP_SECONDS, People, kind_of
from tests.bench.load.schedule import Arrival, poisson_arrivals

PULSE_SECONDS = 0.01
GRACE_SECONDS = 1.0
"""What is due last may take so long after the end without being late: a wait is held, an export is made."""


class Run:
    """One plan: what came of each arrival, in seconds."""

    def __init__(self, people: People) -> None:
        self._people = people
        self.latencies: dict[str, list[float]] = {}
        self.errors: Counter[str] = Counter()
        self.lateness: list[float] = []
        self.pulses: list[float] = []
        self._clock = asyncio.get_running_loop().time
        self._last_end = 0.0

    async def follow(self, arrivals: list[Arrival], seconds: float) -> dict[str, Any]:
        self._people.changes.clear()
        requests = self._people.requests
        began = self._clock()
        pulse = asyncio.create_task(self._take_pulse())
        tasks = []
        for arrival in arrivals:
            due = began + arrival.at
            if (early := due - self._clock()) > 0:
                await asyncio.sleep(early)
            self.lateness.append(self._clock() - due)
            tasks.append(asyncio.create_task(self._one(arrival.kind, due)))
        await asyncio.sleep(began + seconds - self._clock())
        pulse.cancel()
        await asyncio.gather(*tasks)
        return {
            "latencies": self.latencies,
            "changes": self._people.changes,
            "errors": dict(self.errors),
            "lateness": self.lateness,
            "pulses": self.pulses,
            "requests": self._people.requests - requests,
            "seconds": max(seconds, self._last_end - began - GRACE_SECONDS),
        }

    async def _one(self, kind: str, due: float) -> None:
        try:
            held = await self._people.kinds[kind]()
        except Exception as error:
            self.errors[kind_of(error)] += 1
        else:
            self.latencies.setdefault(kind, []).append(self._clock() - due - held)
        self._last_end = self._clock()

    async def _take_pulse(self) -> None:
        """How late this loop is to what is due while answers come in: what it adds to each latency it takes."""
        while True:
            due = self._clock() + PULSE_SECONDS
            await asyncio.sleep(PULSE_SECONDS)
            self.pulses.append(self._clock() - due)


async def serve(page: str, digest: str) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=GIVE_UP_SECONDS),
    ) as http:
        people = People(http, page, digest)
        while line := await lines.readline():
            plan = json.loads(line)
            arrivals = poisson_arrivals(plan["rate"], plan["seconds"], plan["shares"], plan["seed"])
            # What is there will stay: a collection amid the run need not look through it.
            gc.collect()
            gc.freeze()
            result = await Run(people).follow(arrivals, plan["seconds"])
            print(json.dumps(result), flush=True)


def come_first() -> None:
    """Where that is allowed, which takes root: visitors bring their own processors."""
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)


if __name__ == "__main__":
    come_first()
    asyncio.run(serve(*sys.argv[1:]))
