"""The queue inside the process keeps the promises of every queue, so that tests may stand on it."""

import asyncio
import json
from uuid import UUID

import pytest

from handoff.errors import InvalidDeliveryError, QueueUnavailableError, UnsignedDeliveryError
from handoff.jobs.messages import RunMessage, from_body
from handoff.jobs.outgoing import DueMessage, JobMessages
from handoff.jobs.publish import PATIENCE_SECONDS, Publisher
from handoff.jobs.queues import PROVIDERS, provider
from handoff.jobs.queues.base import Delivery, FlowControl, Message, Queue, SignedRequest
from handoff.jobs.queues.memory import MemoryQueue

KEY = "k" * 40
URL = "http://127.0.0.1:8000/api/jobs/produce_export"
RUN = UUID("00000000-0000-4000-8000-000000000000")


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue(signing_keys=[KEY])


def send(queue: Queue, **fields: object) -> str:
    return asyncio.run(queue.send(Message(URL, b"{}", **fields)))  # type: ignore[arg-type]


def test_what_was_sent_is_there_under_its_id(queue: MemoryQueue) -> None:
    message_id = send(queue, retries=7)
    assert queue.sent[message_id].retries == 7
    assert send(queue) != message_id


def test_a_deduplication_id_is_taken_once(queue: MemoryQueue) -> None:
    first = send(queue, deduplication_id="a-1")
    assert send(queue, deduplication_id="a-1") == first
    assert send(queue, deduplication_id="a-2") != first
    assert len(queue.sent) == 2


def test_a_message_that_was_canceled_is_gone_and_canceling_it_again_is_no_error(queue: MemoryQueue) -> None:
    message_id = send(queue)
    for _ in range(2):
        asyncio.run(queue.cancel(message_id))
    assert queue.sent == {}


def test_a_queue_that_is_not_there_says_so(queue: MemoryQueue) -> None:
    queue.available = False
    with pytest.raises(QueueUnavailableError):
        send(queue)


def test_what_it_signs_it_verifies(queue: MemoryQueue) -> None:
    assert queue.verify(queue.sign(URL, b"body", retried=2)) == Delivery(b"body", None, 2)
    assert queue.verify(queue.sign(URL, b"body", message_id="memory-1")) == Delivery(b"body", "memory-1", 0)


@pytest.mark.parametrize("part", ["url", "body", "headers", "key"])
def test_what_it_did_not_sign_it_refuses(part: str, queue: MemoryQueue) -> None:
    signed = queue.sign(URL, b"body")
    forged = {
        "url": SignedRequest(URL + "/failed", signed.headers, b"body"),
        "body": SignedRequest(URL, signed.headers, b"bodY"),
        "headers": SignedRequest(URL, {}, b"body"),
        "key": MemoryQueue(signing_keys=["x" * 40]).sign(URL, b"body"),
    }
    with pytest.raises(UnsignedDeliveryError):
        queue.verify(forged[part])


def test_it_reads_a_report_of_giving_up(queue: MemoryQueue) -> None:
    body = json.dumps({"sourceBody": "e30=", "dlqId": "d"}).encode()
    report = queue.read_report(Delivery(body, None, 0))
    assert (report.source_body, report.dead_letter_id) == (b"{}", "d")
    for unreadable in (b"", b"[]", b"{}", b'{"sourceBody": 1}', b"\xff"):
        with pytest.raises(InvalidDeliveryError):
            queue.read_report(Delivery(unreadable, None, 0))


def publisher(queue: Queue) -> Publisher:
    return Publisher(
        queue,
        lambda job_type: JobMessages(
            job_type,
            delivery_url="http://base",
            retries=3,
            retry_pause_seconds=5,
            timeout_seconds=28,
            parallelism=4,
        ),
    )


def test_a_publisher_makes_the_message_of_a_run(queue: MemoryQueue) -> None:
    assert asyncio.run(publisher(queue).publish(DueMessage(RUN, "produce_export", 2))) == [True]
    (message,) = queue.sent.values()
    assert message.url == "http://base/api/jobs/produce_export"
    assert message.failure_callback_url == message.url + "/failed"
    assert (message.try_, message.deduplication_id) == (2, f"{RUN}-2")
    assert (message.retries, message.retry_pause_seconds, message.timeout_seconds) == (3, 5, 28)
    assert message.flow_control == FlowControl("produce_export", parallelism=4)
    assert from_body(message.body) == RunMessage(RUN, 2)


def test_a_publisher_says_whether_the_queue_took_it_and_never_raises(queue: MemoryQueue) -> None:
    queue.available = False
    assert asyncio.run(publisher(queue).publish(DueMessage(RUN, "produce_export", 1))) == [False]
    assert queue.sent == {}


def test_a_publisher_has_patience_for_a_moment_only(queue: MemoryQueue) -> None:
    class Hanging(MemoryQueue):
        async def send(self, message: Message) -> str:
            await asyncio.sleep(60)
            return "never"

    async def publish() -> tuple[list[bool], float]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        due = DueMessage(RUN, "produce_export", 1)
        return await publisher(Hanging(signing_keys=[KEY])).publish(due), loop.time() - started

    taken, waited = asyncio.run(publish())
    assert taken == [False]
    assert PATIENCE_SECONDS * 0.99 <= waited < 3 * PATIENCE_SECONDS


def test_a_provider_is_found_by_its_name_and_an_unknown_one_names_the_known() -> None:
    found = {name: provider(name).__name__ for name in PROVIDERS}
    assert found.items() >= {"qstash": "QStashQueue", "memory": "MemoryQueue"}.items()
    with pytest.raises(ValueError, match=", ".join(PROVIDERS)):
        provider("rabbit")
