"""What the suite needs of the memory queue. A broken one takes the place of one of its three parts."""

import json
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest

from handoff.jobs.queues.base import Queue, SignedRequest
from handoff.jobs.queues.memory import LIFETIME_SECONDS, MemoryQueue
from handoff.testing.courier import Courier
from handoff.testing.queues import CREDENTIAL, CREDENTIAL_NAME, Signing
from handoff.testing.queues.base import QueueFixtures
from handoff.testing.tokens import claims, token

KEYS = ("the current signing key of the tests", "the signing key that comes after it.")


class MemoryFixtures(QueueFixtures):
    sends: ClassVar[type[MemoryQueue]] = MemoryQueue
    receives: ClassVar[type[MemoryQueue]] = MemoryQueue
    carries: ClassVar[type[Courier]] = Courier

    @pytest.fixture
    def queue(self) -> MemoryQueue:
        return self.sends(signing_keys=KEYS, credentials={CREDENTIAL_NAME: CREDENTIAL})

    @pytest.fixture
    def receiver(self) -> Queue:
        return self.receives(signing_keys=KEYS)

    @pytest.fixture
    def unreachable(self) -> Queue:
        made = self.sends(signing_keys=KEYS)
        made.available = False
        return made

    @pytest.fixture
    def clock(self, queue: MemoryQueue) -> Iterator[Courier]:
        courier = self.carries(queue)
        yield courier
        courier.close()

    @pytest.fixture
    def largest_body(self) -> int:
        return 1024 * 1024

    @pytest.fixture
    def shown(self, clock: Courier) -> Callable[[], str]:
        return lambda: json.dumps(clock.dead_letters)

    @pytest.fixture
    def secrets(self) -> list[str]:
        return list(KEYS)

    @pytest.fixture
    def signing(self) -> Signing:
        return Signing(sign, KEYS, LIFETIME_SECONDS, lambda keys: self.receives(signing_keys=keys))


def sign(url: str, body: bytes, *, key: str, at: int = 0) -> SignedRequest:
    made = token(claims("Handoff", url, body, at=at, lifetime_seconds=LIFETIME_SECONDS), key)
    headers = {"Handoff-Signature": made, "Handoff-Message-Id": "memory-1", "Handoff-Retried": "0"}
    return SignedRequest(url, headers, body)
