"""What a provider's tests fill in, and what every promise uses."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import pytest

from handoff.jobs.queues.base import Capability, Delivery, Message, Queue, Report, SignedRequest
from handoff.testing.clock import Clock
from handoff.testing.destination import Arrived, Destination, running

CREDENTIAL_NAME = "conformance"
CREDENTIAL = "sk-conformance-0123456789abcdef0123456789"
"""What the queue of the fixture, or whoever makes its calls, has under that name."""

JSON = {"Content-Type": "application/json"}
URL = "https://example.com/api/jobs/greet"
BODY = b'{"id": "1", "try": 1}'


class Sign(Protocol):
    """Signs as the vendor does. `at` is when, in seconds from now; every vendor's signature ends some time later."""

    def __call__(self, url: str, body: bytes, *, key: str, at: int = 0) -> SignedRequest: ...


@dataclass(frozen=True)
class Signing:
    """What tests of a signature are made with."""

    sign: Sign
    keys: tuple[str, str]
    """The current one, and the next one: those of the fixture `receiver`."""
    lifetime_seconds: int
    """How long what `sign` makes is valid."""
    receiver_with: Callable[[Sequence[str]], Queue]
    """A receiver with other keys."""


@dataclass
class Scene:
    """A queue between whoever sends and where it goes."""

    queue: Queue
    receiver: Queue
    destination: Destination
    clock: Clock
    runner: asyncio.Runner
    pause_seconds: int
    patience_seconds: float

    def send(self, path: str = "/job", body: bytes = BODY, **fields: Any) -> str:
        """Send a message to a path of the destination; its id."""
        how = {"retries": 0, "headers": JSON, "retry_pause_seconds": self.pause_seconds, **fields}
        return self.runner.run(self.queue.send(Message(self.url(path), body, **how)))

    def cancel(self, message_id: str) -> None:
        self.runner.run(self.queue.cancel(message_id))

    def url(self, path: str) -> str:
        return self.destination.base + path

    def arrived(self, path: str = "/job", count: int = 1) -> list[Arrived]:
        """What came to `path`, once it is so many requests."""
        end = time.monotonic() + self.patience_seconds
        while len(found := self.destination.arrived(path)) < count:
            assert time.monotonic() < end, f"{len(found)} of {count} requests came to {path}"
            self.clock.skip()
            self.destination.wait(0.005)
        return found

    def later(self, pauses: int = 8) -> None:
        """Once another message has arrived, that was sent now to arrive after so many pauses: whatever was due in the
        meantime has arrived too."""
        path = f"/later-{time.monotonic_ns()}"
        self.send(path, delay_seconds=pauses * self.pause_seconds)
        self.arrived(path)

    def delivery(self, arrived: Arrived) -> Delivery:
        """What arrived, with its signature checked where there is one."""
        if not self.can(Capability.SIGNATURE):
            return Delivery(arrived.body, None, 0)
        return self.receiver.verify(SignedRequest(arrived.url, arrived.headers, arrived.body))

    def reports(self, path: str, count: int = 1) -> list[Report]:
        """What the queue told a callback, in the order of the attempts."""
        found = [self.receiver.read_report(self.delivery(each)) for each in self.arrived(path, count)]
        return sorted(found, key=lambda report: report.retried)

    def can(self, capability: Capability) -> bool:
        return capability not in self.queue.cannot


class QueueFixtures:
    """The fixtures of a provider's tests. One that is missing is an error, not a test less.

    A provider whose messages are fetched has a fixture that keeps its consumer running, or runs it in `Clock.skip`.
    """

    pause_seconds: ClassVar[int] = 60
    """The unit of every delay and pause. Take 2 or more where time is real."""
    patience_seconds: ClassVar[float] = 30
    """How long anything may take, in real seconds."""

    @pytest.fixture
    def queue(self, runner: asyncio.Runner) -> Iterator[Queue]:
        """Whoever sends. Its credentials are {CREDENTIAL_NAME: CREDENTIAL}. What has to be closed is closed in
        `runner`."""
        raise NotImplementedError("queue")

    @pytest.fixture
    def receiver(self) -> Queue:
        """Whoever is called. It may be the same as `queue`."""
        raise NotImplementedError("receiver")

    @pytest.fixture
    def unreachable(self, runner: asyncio.Runner) -> Iterator[Queue]:
        """The same as `queue`, where nothing answers at the vendor's address."""
        raise NotImplementedError("unreachable")

    @pytest.fixture
    def largest_body(self) -> int:
        """The most bytes that the queue takes."""
        raise NotImplementedError("largest_body")

    @pytest.fixture
    def shown(self) -> Callable[[], str]:
        """All that the queue shows of its messages to whoever may look: its logs, its dead letters."""
        raise NotImplementedError("shown")

    @pytest.fixture
    def secrets(self) -> list[str]:
        """What no error and no log line may say, beside CREDENTIAL: tokens and keys of the account."""
        raise NotImplementedError("secrets")

    @pytest.fixture
    def signing(self) -> Signing:
        """Not asked for where the provider cannot SIGNATURE."""
        raise NotImplementedError("signing")

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def destination(self, clock: Clock) -> Iterator[Destination]:
        with running(Destination(clock.now)) as made:
            yield made

    @pytest.fixture
    def runner(self) -> Iterator[asyncio.Runner]:
        """The event loop in which messages are sent."""
        with asyncio.Runner() as made:
            yield made

    @pytest.fixture
    def scene(
        self, queue: Queue, receiver: Queue, destination: Destination, clock: Clock, runner: asyncio.Runner
    ) -> Scene:
        return Scene(queue, receiver, destination, clock, runner, self.pause_seconds, self.patience_seconds)
