"""The queue inside the process keeps the promises of every queue, so that tests may stand on it."""

from handoff.errors import UnsignedDeliveryError
from handoff.jobs.queues.base import Capability, Delivery, SignedRequest
from handoff.jobs.queues.memory import MemoryQueue
from handoff.testing import FetchedQueueConformance, QueueConformance
from tests.conformance.memory import MemoryFixtures


class TestMemoryQueue(MemoryFixtures, QueueConformance):
    """All of them."""


class FetchedMemoryQueue(MemoryQueue):
    """One that signs nothing."""

    cannot = {**MemoryQueue.cannot, Capability.SIGNATURE: "handoff.testing.courier"}  # noqa: RUF012

    def verify(self, request: SignedRequest) -> Delivery:
        raise UnsignedDeliveryError


class TestFetchedMemoryQueue(MemoryFixtures, FetchedQueueConformance):
    """As a queue whose messages are fetched is held to them."""

    sends = FetchedMemoryQueue
    receives = FetchedMemoryQueue
