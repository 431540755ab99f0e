"""What the tests of the local QStash share."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.qstash.clock import Clock
from tests.qstash.clocks import SkippingClock, SteppingClock
from tests.qstash.destination import Destination
from tests.qstash.servers import LocalQueue, PooledServer, StartQueue


@pytest.fixture(scope="session")
def server_pool() -> Iterator[list[PooledServer]]:
    """Servers no test is using; all of them are stopped at the end."""
    pool: list[PooledServer] = []
    yield pool
    for pooled in pool:
        pooled.stop()


@pytest.fixture
def destination() -> Iterator[Destination]:
    with Destination() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def start_queue(server_pool: list[PooledServer]) -> Iterator[StartQueue]:
    """Get a server with the given clock, for this test."""
    taken: list[PooledServer] = []

    def start(clock: Clock | None = None, **options: Any) -> LocalQueue:
        taken.append(server_pool.pop() if server_pool else PooledServer())
        return taken[-1].fresh(clock or Clock(), **options)

    yield start
    server_pool.extend(taken)


@pytest.fixture
def queue(start_queue: StartQueue) -> LocalQueue:
    """A server in real time."""
    return start_queue()


@pytest.fixture
def standing(start_queue: StartQueue) -> LocalQueue:
    """A server whose clock stands still until `standing.step` moves it."""
    return start_queue(SteppingClock("2026-06-01T12:00:30+00:00"))


@pytest.fixture
def skipping(start_queue: StartQueue) -> LocalQueue:
    """A server that never waits; `skipping.waits` has what it would have waited."""
    return start_queue(SkippingClock())


@pytest.fixture
def group(skipping: LocalQueue, destination: Destination) -> str:
    """A group of /a, named "first", and /b, which has no name."""
    skipping.client.url_group.upsert_endpoints(
        "my-group", [{"url": destination.url + "/a", "name": "first"}, {"url": destination.url + "/b"}]
    )
    return "my-group"
