"""The local QStash on a free port, in this process, with the official SDK pointed at it."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from qstash import QStash, Receiver
from qstash.message import EnqueueResponse, PublishResponse

from infra.local import qstash
from infra.local.qstash import server
from infra.local.qstash.clock import Clock
from infra.local.qstash.service import Service
from infra.local.qstash.signing import SigningKeys
from tests.qstash.clocks import SkippingClock, SteppingClock
from tests.qstash.destination import PATIENCE_SECONDS, Received


class StartQueue(Protocol):
    """The fixture `start_queue`."""

    def __call__(self, clock: Clock | None = None, **options: Any) -> "LocalQueue": ...


@dataclass
class LocalQueue:
    """A running server with a service of its own."""

    url: str
    client: QStash
    """The official SDK."""
    http: httpx.Client
    """Plain HTTP with the token, paths below `url`."""
    clock: Clock
    service: Service

    def publish(self, **message: Any) -> PublishResponse:
        """`client.message.publish` to one URL."""
        accepted = self.client.message.publish(**message)
        assert isinstance(accepted, PublishResponse)
        return accepted

    def enqueue(self, url: str, body: str, name: str = "line", **options: Any) -> str:
        """`client.message.enqueue` to one URL; the message's id."""
        accepted = self.client.message.enqueue(queue=name, url=url, body=body, **options)
        assert isinstance(accepted, EnqueueResponse)
        return accepted.message_id

    def limited(self, url: str, body: str = "", key: str = "mine", **options: Any) -> str:
        """`publish` with the limits among the options (parallelism, rate, period) set for `key`; the message's id."""
        limits: Any = {name: options.pop(name) for name in ("parallelism", "rate", "period") if name in options}
        return self.publish(url=url, body=body, flow_control={"key": key, **limits}, **options).message_id

    def schedule(self, destination: str, cron: str = "* * * * *", **options: Any) -> str:
        """`client.schedule.create`, every minute by default; the schedule's id."""
        return self.client.schedule.create(destination=destination, cron=cron, **options)

    def states(self, message_id: str) -> list[str]:
        """What the log says of a message, newest first."""
        return [log.state.value for log in self.client.log.list(filter={"message_id": message_id}).logs]

    def skip(self, seconds: float) -> None:
        """Move a skipping clock ahead."""
        assert isinstance(self.clock, SkippingClock)
        self.clock.skip(seconds)

    @property
    def waits(self) -> list[float]:
        """What a skipping clock would have waited, in seconds."""
        assert isinstance(self.clock, SkippingClock)
        return self.clock.waits

    def step(self, seconds: float) -> None:
        """Move a stepping clock on."""
        assert isinstance(self.clock, SteppingClock)
        self.clock.step(seconds)

    def settle(self) -> None:
        """Wait until no message is on its way."""
        eventually(lambda: not self.service.all_pending())


class PooledServer:
    """A uvicorn server in a thread; starting one takes longer than most tests, so each test only gets a new service."""

    def __init__(self) -> None:
        ready = threading.Event()
        self._app = server.make_app(self._first_service)
        bound = server.bind(0)
        self.url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        self._server = server.Server(self._app, announce=lambda line: ready.set())
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [bound]})
        self._thread.start()
        self._client = QStash(qstash.DEVELOPMENT_TOKEN, retry=False, base_url=self.url)
        authorized = {"Authorization": f"Bearer {qstash.DEVELOPMENT_TOKEN}"}
        self._http = httpx.Client(base_url=self.url, headers=authorized, trust_env=False)
        assert ready.wait(PATIENCE_SECONDS)

    def fresh(self, clock: Clock, **options: Any) -> LocalQueue:
        """The server with an empty service."""

        async def swap() -> Service:
            await self._app.state.service.close()
            self._app.state.service = fresh = _service(clock, **options)
            return fresh

        service = asyncio.run_coroutine_threadsafe(swap(), self._loop).result(PATIENCE_SECONDS)
        return LocalQueue(self.url, self._client, self._http, clock, service)

    def stop(self) -> None:
        self._client.http._client.close()
        self._http.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()

    def _first_service(self) -> Service:
        self._loop = asyncio.get_running_loop()
        return _service(Clock())


def _service(clock: Clock, **options: Any) -> Service:
    keys = SigningKeys(qstash.DEVELOPMENT_CURRENT_SIGNING_KEY, qstash.DEVELOPMENT_NEXT_SIGNING_KEY)
    return Service(token=qstash.DEVELOPMENT_TOKEN, keys=keys, clock=clock, **options)


def verify(received: Received) -> None:
    """Check a delivery with the official Receiver, `sub` and body included."""
    receiver = Receiver(qstash.DEVELOPMENT_CURRENT_SIGNING_KEY, qstash.DEVELOPMENT_NEXT_SIGNING_KEY)
    receiver.verify(signature=received.headers["upstash-signature"], body=received.body.decode(), url=received.url)


def eventually(condition: Callable[[], object]) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "the condition did not come to hold"
        time.sleep(0.005)
