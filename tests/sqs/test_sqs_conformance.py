"""Amazon SQS keeps the promises of every queue: against moto's server, its messages taken by jobs.consume."""

import json
from collections.abc import Callable, Iterator

import pytest

from handoff.jobs.consume import Consumer
from handoff.jobs.queues.sqs import SqsQueue
from handoff.jobs.queues.sqs.queue import LARGEST_BODY_BYTES
from handoff.testing import FetchedQueueConformance
from handoff.testing.queues import CREDENTIAL, CREDENTIAL_NAME
from infra.local.sqs import REGION
from tests.sqs.fetcher import Fetcher
from tests.sqs.moto_sqs import ACCESS_KEY, SECRET_KEY, MotoSqs


class TestSqs(FetchedQueueConformance):
    @pytest.fixture
    def queue(self, consuming: SqsQueue) -> SqsQueue:
        return consuming

    @pytest.fixture
    def receiver(self) -> SqsQueue:
        """As callback has it."""
        return SqsQueue()

    @pytest.fixture
    def unreachable(self, sqs: MotoSqs) -> SqsQueue:
        return SqsQueue(url=sqs.url, region=REGION, endpoint_url="http://127.0.0.1:1")

    @pytest.fixture
    def clock(self, sqs: MotoSqs, queue: SqsQueue) -> Iterator[Fetcher]:
        consumer = Consumer(queue, {}, own_url="https://handoff.example", credentials={CREDENTIAL_NAME: CREDENTIAL})
        fetcher = Fetcher(sqs, consumer)
        yield fetcher
        fetcher.stop()

    @pytest.fixture
    def largest_body(self) -> int:
        return LARGEST_BODY_BYTES

    @pytest.fixture
    def shown(self, sqs: MotoSqs, clock: Fetcher) -> Callable[[], str]:
        def show() -> str:
            letters = [(each.body, each.message_attributes) for each in sqs.dead_letters]
            return json.dumps([clock.seen, letters], default=str)

        return show

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [ACCESS_KEY, SECRET_KEY]
