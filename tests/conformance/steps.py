"""The local QStash with a clock that stands still until the suite moves it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from handoff.testing.clock import Clock as SuiteClock
from infra.local import qstash
from infra.local.qstash import server
from infra.local.qstash.clock import Clock
from infra.local.qstash.service import Service
from infra.local.qstash.signing import SigningKeys

PATIENCE_SECONDS = 5.0
TURNS = 20
"""Of the event loop: a message that was just taken is then on its way, or waits."""


class StandingClock(Clock):
    """Real time, and what was skipped of it; a wait ends by being skipped only."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0
        self._waiting: dict[asyncio.Event, float] = {}

    def now(self) -> float:
        return super().now() + self._ahead

    async def wait(self, seconds: float, interrupted: asyncio.Event) -> None:
        over = asyncio.Event()
        self._waiting[over] = self.now() + seconds
        ends = [asyncio.ensure_future(event.wait()) for event in (over, interrupted)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._waiting[over]
            for end in ends:
                end.cancel()

    def move(self) -> None:
        """To the next moment that is waited for."""
        if self._waiting:
            over = min(self._waiting, key=lambda each: self._waiting[each])
            self._ahead += max(0.0, self._waiting[over] - self.now())
            over.set()


class PresentKeys(SigningKeys):
    """Signs at the receiver's time, which nobody moves."""

    def sign(self, url: str, body: bytes, now: float) -> str:
        return super().sign(url, body, time.time())


class LocalQStash(SuiteClock):
    """One account, on a server in a thread."""

    def __init__(self) -> None:
        ready = threading.Event()
        app = server.make_app(self._make_service)
        bound = server.bind(0)
        self.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        self._server = server.Server(app, announce=lambda line: ready.set())
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [bound]})
        self._thread.start()
        assert ready.wait(PATIENCE_SECONDS)

    def now(self) -> float:
        return self._clock.now()

    def skip(self) -> None:
        asyncio.run_coroutine_threadsafe(self._skip(), self._loop).result(PATIENCE_SECONDS)

    async def _skip(self) -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if not self.service.flow.active:
            self._clock.move()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    def _make_service(self) -> Service:
        self._loop = asyncio.get_running_loop()
        self._clock = StandingClock()
        keys = PresentKeys(qstash.DEVELOPMENT_CURRENT_SIGNING_KEY, qstash.DEVELOPMENT_NEXT_SIGNING_KEY)
        self.service = Service(token=qstash.DEVELOPMENT_TOKEN, keys=keys, clock=self._clock)
        return self.service


@contextmanager
def local_qstash() -> Iterator[LocalQStash]:
    made = LocalQStash()
    try:
        yield made
    finally:
        made.stop()
