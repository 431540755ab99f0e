"""Queues: order, parallelism, pause, and what deleting one does."""

import json
from typing import Any

import pytest
from qstash.errors import QStashError

from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, eventually, verify


def test_a_queue_delivers_one_message_at_a_time_in_the_order_they_came(
    queue: LocalQueue, destination: Destination
) -> None:
    url = destination.answer("/job", Answer(pause=0.05))
    for number in range(5):
        queue.enqueue(url, str(number))
    received = destination.wait("/job", 5)
    assert [each.body for each in received] == [b"0", b"1", b"2", b"3", b"4"]
    assert destination.most_at_once["/job"] == 1
    verify(received[0])


def test_messages_of_a_batch_stand_in_their_queue_in_its_order(queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(pause=0.02))
    queue.client.message.batch([{"url": url, "queue": "line", "body": str(number)} for number in range(5)])
    assert [each.body for each in destination.wait("/job", 5)] == [b"0", b"1", b"2", b"3", b"4"]
    assert destination.most_at_once["/job"] == 1


def test_the_next_message_waits_for_the_retries_of_the_one_before(
    skipping: LocalQueue, destination: Destination
) -> None:
    url = destination.answer("/job", Answer(500), Answer(500), Answer(500), Answer(200))
    skipping.enqueue(url, "first", retries=2)
    skipping.enqueue(url, "second")
    assert [each.body for each in destination.wait("/job", 4)] == [b"first"] * 3 + [b"second"]


@pytest.mark.parametrize(("kind", "status"), [("callback", 200), ("failure_callback", 500)])
def test_the_next_message_waits_for_the_callbacks_of_the_one_before(
    skipping: LocalQueue, destination: Destination, kind: str, status: int
) -> None:
    job = destination.answer("/job", Answer(status), Answer(200))
    back = destination.answer("/back", Answer(500), Answer(200, pause=0.2))
    options: dict[str, Any] = {
        "retries": 1 if kind == "callback" else 0,
        kind: back,
        f"{kind}_headers": {f"Upstash-{kind.replace('_', '-').title()}-Retries": "1"},
    }
    first = skipping.enqueue(job, "first", **options)
    second = skipping.enqueue(job, "second")
    skipping.settle()
    assert [each.path for each in destination.received] == ["/job", "/back", "/back", "/job"]
    assert json.loads(destination.at("/back")[1].body)["sourceMessageId"] == first
    assert destination.at("/job")[1].headers["upstash-message-id"] == second


def test_a_queue_delivers_as_many_at_a_time_as_its_parallelism(queue: LocalQueue, destination: Destination) -> None:
    queue.client.queue.upsert("line", parallelism=2)
    url = destination.answer("/job", Answer(pause=0.1))
    for number in range(6):
        queue.enqueue(url, str(number))
    destination.wait("/job", 6)
    assert destination.most_at_once["/job"] == 2


def test_one_queue_does_not_wait_for_another(queue: LocalQueue, destination: Destination) -> None:
    queue.enqueue(destination.answer("/slow", Answer(pause=1)), "", name="one")
    queue.enqueue(destination.url + "/quick", "", name="two")
    destination.wait("/quick")
    assert len(destination.wait("/slow")) == 1
    assert queue.client.queue.get("one").lag == 1


def test_a_message_of_a_queue_says_so_wherever_it_is_shown(skipping: LocalQueue, destination: Destination) -> None:
    skipping.client.queue.upsert("line", paused=True)
    message_id = skipping.enqueue(destination.answer("/job", Answer(500)), "", retries=0)
    assert skipping.client.message.get(message_id).queue == "line"
    skipping.client.queue.resume("line")
    eventually(lambda: skipping.client.dlq.list().messages)
    assert [letter.queue for letter in skipping.client.dlq.list(filter={"queue": "line"}).messages] == ["line"]
    assert {log.queue for log in skipping.client.log.list(filter={"message_id": message_id}).logs} == {"line"}


def test_a_retried_dead_letter_goes_back_into_its_queue(skipping: LocalQueue, destination: Destination) -> None:
    skipping.enqueue(destination.answer("/job", Answer(500), Answer(200)), "", retries=0)
    eventually(lambda: skipping.client.dlq.list().messages)
    skipping.client.queue.pause("line")
    again = skipping.http.post(f"/v2/dlq/retry/{skipping.client.dlq.list().messages[0].dlq_id}").json()
    assert skipping.client.message.get(again["messageId"]).queue == "line"
    assert skipping.client.queue.get("line").lag == 1


def test_a_delayed_message_joins_its_queue_when_it_is_due(queue: LocalQueue, destination: Destination) -> None:
    queue.http.post(f"/v2/enqueue/line/{destination.url}/job", headers={"Upstash-Delay": "1h"}, content="late")
    queue.enqueue(destination.url + "/job", "now")
    assert [each.body for each in destination.wait("/job")] == [b"now"]


def test_a_delivered_message_is_processed_though_its_callback_is_not(
    queue: LocalQueue, destination: Destination
) -> None:
    delivered = queue.enqueue(destination.url + "/job", "", callback=destination.answer("/back", Answer(pause=1)))
    queue.enqueue(destination.url + "/job", "")
    destination.wait("/back")
    with pytest.raises(QStashError, match="status: 404"):
        queue.client.message.get(delivered)
    assert queue.client.queue.get("line").lag == 1
