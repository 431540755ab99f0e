"""The stand-in for Trigger.dev on a free port, in this process, in time that a test moves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from handoff.testing import clock
from infra.local import trigger_dev
from infra.local.ports import HOST, listen
from infra.local.qstash.clock import Clock
from infra.local.serving import served
from infra.local.trigger_dev.node import RUNNER, Node
from infra.local.trigger_dev.runs import Run, Runs
from infra.local.trigger_dev.server import make_app
from tests.support.background import in_background

KEYS = (trigger_dev.DEVELOPMENT_SIGNING_KEY, "the signing key that comes after that one")
NOTHING: Mapping[str, str] = MappingProxyType({})
WORKING = ("QUEUED", "EXECUTING")


class MovedClock(Clock, clock.Clock):
    """Stands where it is until `skip` moves it to the next moment that is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0
        self._waiting: list[tuple[float, asyncio.Event]] = []
        self.runs: Callable[[], list[Run]] = list
        self.loop: asyncio.AbstractEventLoop | None = None

    def now(self) -> float:
        return super().now() + self._ahead

    async def wait(self, seconds: float, interrupted: asyncio.Event) -> None:
        moved = asyncio.Event()
        waiting = (self.now() + seconds, moved)
        self._waiting.append(waiting)
        either = [asyncio.create_task(moved.wait()), asyncio.create_task(interrupted.wait())]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.remove(waiting)
            for each in either:
                each.cancel()

    def skip(self) -> None:
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(self._skip(), self.loop).result()

    async def _skip(self) -> None:
        if self._waiting and not any(run.status in WORKING for run in self.runs()):
            self._ahead += max(0.0, min(due for due, _ in self._waiting) - self.now())
            for due, moved in self._waiting:
                if due <= self.now():
                    moved.set()


@dataclass
class Standing:
    url: str
    runs: Runs
    clock: MovedClock

    def only_run(self) -> Run:
        (run,) = self.runs.all()
        return run


@contextmanager
def standing(environment: Mapping[str, str] = NOTHING, runner: Path = RUNNER) -> Iterator[Standing]:
    """`environment`: the project's variables, beside the signing key. `runner`: see Node."""
    found: list[Standing] = []
    made = MovedClock()

    @asynccontextmanager
    async def start() -> AsyncIterator[None]:
        made.loop = asyncio.get_running_loop()
        with listen(0) as listener:
            url = f"http://{HOST}:{listener.getsockname()[1]}"
            # What Trigger.dev itself gives to a task.
            own = {"TRIGGER_API_URL": url, "TRIGGER_SECRET_KEY": trigger_dev.DEVELOPMENT_SECRET_KEY}
            runs = Runs(Node({"HANDOFF_SIGNING_KEY": KEYS[0], **own, **environment}, runner), made)
            made.runs = runs.all
            found.append(Standing(url, runs, made))
            try:
                async with served(make_app(runs, secret_key=trigger_dev.DEVELOPMENT_SECRET_KEY), listener):
                    yield
            finally:
                await runs.close()

    with in_background(start):
        yield found[0]
