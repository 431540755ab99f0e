"""Has a consumer take each message as it comes, in a thread of its own: what Lambda does, without the functions."""

import threading
import time
from uuid import uuid4

from handoff.jobs.consume import Consumer, StillQueuedError
from handoff.testing.clock import Clock
from infra.local.gateway.messages import make_record
from infra.local.sqs import QUEUE, REGION
from tests.sqs.moto_sqs import MotoSqs

IDLE_SECONDS = 0.005


class Fetcher(Clock):
    """While it runs, and nothing is under way, `skip` moves the queue's time."""

    def __init__(self, sqs: MotoSqs, consumer: Consumer) -> None:
        self._sqs, self._consumer = sqs, consumer
        self._client = sqs.client()
        self._lock = threading.Lock()
        self._under_way: set[threading.Thread] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._fetch)
        self.seen: list[str] = []
        self._thread.start()

    def now(self) -> float:
        return self._sqs.now()

    def skip(self) -> None:
        with self._lock:
            if not self._under_way:
                self._sqs.skip()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()
        for thread in list(self._under_way):
            thread.join()
        self._client.close()

    def _fetch(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                answer = self._client.receive_message(
                    QueueUrl=self._sqs.url,
                    MaxNumberOfMessages=10,
                    AttributeNames=["All"],
                    MessageAttributeNames=["All"],
                )
                for message in answer.get("Messages", []):
                    self.seen.append(message["Body"])
                    thread = threading.Thread(target=self._take, args=(message,))
                    self._under_way.add(thread)
                    thread.start()
            if not answer.get("Messages"):
                time.sleep(IDLE_SECONDS)

    def _take(self, message: dict[str, str]) -> None:
        try:
            record = make_record(message, REGION, QUEUE)
            self._consumer.consume(record, request_id=uuid4().hex, seconds_left=60)
            self._client.delete_message(QueueUrl=self._sqs.url, ReceiptHandle=message["ReceiptHandle"])
        except StillQueuedError:
            pass
        finally:
            self._under_way.discard(threading.current_thread())
