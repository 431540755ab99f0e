"""Amazon SQS itself keeps the promises that its stand-in keeps: two queues that nobody else uses.

Credentials are those that the AWS SDK finds.
"""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest

from handoff.jobs.consume import Consumer, StillQueuedError
from handoff.jobs.queues.sqs import SqsQueue
from handoff.jobs.queues.sqs.queue import LARGEST_BODY_BYTES
from handoff.testing import FetchedQueueConformance
from handoff.testing.clock import Clock
from handoff.testing.queues import CREDENTIAL, CREDENTIAL_NAME
from infra.local.gateway.messages import make_record
from tests.live.account import RealTime, account

ACCOUNT = account("SQS", "URL", "DEAD_LETTER_URL", "REGION")


class Lambda(Clock):
    """Has the consumer take each message as it comes, as an event source mapping does."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self.client = boto3.client("sqs", region_name=ACCOUNT["REGION"])
        self._ended = threading.Event()
        self._fetching = [threading.Thread(target=self._fetch) for _ in range(8)]
        for thread in self._fetching:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._fetching:
            thread.join()

    def receive(self, url: str, seconds: int) -> list[dict[str, Any]]:
        asked = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"], "WaitTimeSeconds": seconds}
        found: list[dict[str, Any]] = self.client.receive_message(QueueUrl=url, **asked).get("Messages", [])
        return found

    def _fetch(self) -> None:
        while not self._ended.is_set():
            for message in self.receive(ACCOUNT["URL"], 1):
                try:
                    record = make_record(message, ACCOUNT["REGION"], ACCOUNT["URL"].rpartition("/")[2])
                    self._consumer.consume(record, request_id=uuid4().hex, seconds_left=60)
                    self.client.delete_message(QueueUrl=ACCOUNT["URL"], ReceiptHandle=message["ReceiptHandle"])
                except StillQueuedError:
                    pass


class TestLiveSqs(RealTime, FetchedQueueConformance):
    @pytest.fixture
    def queue(self) -> SqsQueue:
        return SqsQueue(url=ACCOUNT["URL"], dead_letter_url=ACCOUNT["DEAD_LETTER_URL"], region=ACCOUNT["REGION"])

    @pytest.fixture
    def receiver(self) -> SqsQueue:
        return SqsQueue()

    @pytest.fixture
    def unreachable(self) -> SqsQueue:
        return SqsQueue(url=ACCOUNT["URL"], region=ACCOUNT["REGION"], endpoint_url="http://127.0.0.1:1")

    @pytest.fixture
    def clock(self, queue: SqsQueue) -> Iterator[Lambda]:
        consumer = Consumer(queue, {}, own_url="https://handoff.example", credentials={CREDENTIAL_NAME: CREDENTIAL})
        running = Lambda(consumer)
        yield running
        running.stop()

    @pytest.fixture
    def largest_body(self) -> int:
        return LARGEST_BODY_BYTES

    @pytest.fixture
    def shown(self, clock: Lambda) -> Callable[[], str]:
        return lambda: json.dumps(clock.receive(ACCOUNT["DEAD_LETTER_URL"], 5), default=str)

    @pytest.fixture
    def secrets(self) -> list[str]:
        found = boto3.Session().get_credentials().get_frozen_credentials()
        return [secret for secret in (found.access_key, found.secret_key, found.token) if secret]
