"""Queues: order, parallelism, pause, and what deleting one does."""

import asyncio
import json
from typing import Any

import pytest
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.message import EnqueueResponse
from qstash.queue import Queue

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, eventually, verify


def _enqueue(queue: LocalQueue, url: str, body: str, name: str = "line", **options: Any) -> str:
    accepted = queue.client.message.enqueue(queue=name, url=url, body=body, **options)
    assert isinstance(accepted, EnqueueResponse)
    return accepted.message_id


def _states(queue: LocalQueue, message_id: str) -> list[str]:
    return [log.state.value for log in queue.client.log.list(filter={"message_id": message_id}).logs]


def test_a_queue_delivers_one_message_at_a_time_in_the_order_they_came(
    queue: LocalQueue, destination: Destination
) -> None:
    url = destination.answer("/job", Answer(pause=0.05))
    for number in range(5):
        _enqueue(queue, url, str(number))
    received = destination.wait("/job", 5)
    assert [each.body for each in received] == [b"0", b"1", b"2", b"3", b"4"]
    assert destination.most_at_once["/job"] == 1
    verify(received[0])


def test_the_next_message_waits_for_the_retries_of_the_one_before(
    skipping: LocalQueue, destination: Destination
) -> None:
    url = destination.answer("/job", Answer(500), Answer(500), Answer(500), Answer(200))
    _enqueue(skipping, url, "first", retries=2)
    _enqueue(skipping, url, "second")
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
    first = _enqueue(skipping, job, "first", **options)
    second = _enqueue(skipping, job, "second")
    skipping.settle()
    assert [each.path for each in destination.received] == ["/job", "/back", "/back", "/job"]
    assert json.loads(destination.at("/back")[1].body)["sourceMessageId"] == first
    assert destination.at("/job")[1].headers["upstash-message-id"] == second


def test_a_queue_delivers_as_many_at_a_time_as_its_parallelism(queue: LocalQueue, destination: Destination) -> None:
    queue.client.queue.upsert("line", parallelism=2)
    url = destination.answer("/job", Answer(pause=0.1))
    for number in range(6):
        _enqueue(queue, url, str(number))
    destination.wait("/job", 6)
    assert destination.most_at_once["/job"] == 2


def test_one_queue_does_not_wait_for_another(queue: LocalQueue, destination: Destination) -> None:
    _enqueue(queue, destination.answer("/slow", Answer(pause=1)), "", name="one")
    _enqueue(queue, destination.url + "/quick", "", name="two")
    destination.wait("/quick")
    assert len(destination.wait("/slow")) == 1
    assert queue.client.queue.get("one").lag == 1


def test_a_message_of_a_queue_says_so_wherever_it_is_shown(skipping: LocalQueue, destination: Destination) -> None:
    skipping.client.queue.upsert("line", paused=True)
    message_id = _enqueue(skipping, destination.answer("/job", Answer(500)), "", retries=0)
    assert skipping.client.message.get(message_id).queue == "line"
    skipping.client.queue.resume("line")
    eventually(lambda: skipping.client.dlq.list().messages)
    assert [letter.queue for letter in skipping.client.dlq.list(filter={"queue": "line"}).messages] == ["line"]
    assert {log.queue for log in skipping.client.log.list(filter={"message_id": message_id}).logs} == {"line"}


def test_a_retried_dead_letter_goes_back_into_its_queue(skipping: LocalQueue, destination: Destination) -> None:
    _enqueue(skipping, destination.answer("/job", Answer(500), Answer(200)), "", retries=0)
    eventually(lambda: skipping.client.dlq.list().messages)
    skipping.client.queue.pause("line")
    again = skipping.http.post(f"/v2/dlq/retry/{skipping.client.dlq.list().messages[0].dlq_id}").json()
    assert skipping.client.message.get(again["messageId"]).queue == "line"
    assert skipping.client.queue.get("line").lag == 1


def test_a_queue_is_created_changed_listed_and_deleted(queue: LocalQueue) -> None:
    api = queue.client.queue
    api.upsert("line")
    made = api.get("line")
    assert made == Queue("line", 1, made.created_at, made.created_at, 0, False)
    assert abs(made.created_at / 1000 - queue.clock.now()) < 5
    api.upsert("line", parallelism=3, paused=True)
    changed = api.get("line")
    assert (changed.parallelism, changed.paused, changed.created_at) == (3, True, made.created_at)
    assert changed.updated_at >= made.updated_at
    assert [each.name for each in api.list()] == ["line"]
    api.delete("line")
    assert api.list() == []
    api.delete("line")
    with pytest.raises(QStashError, match="status: 404"):
        api.get("line")


def test_a_paused_queue_keeps_its_messages_and_counts_them(skipping: LocalQueue, destination: Destination) -> None:
    skipping.client.queue.upsert("line", paused=True)
    for number in range(3):
        _enqueue(skipping, destination.url + "/job", str(number))
    skipping.publish(url=destination.url + "/other", body="")
    destination.wait("/other")
    assert destination.at("/job") == []
    assert skipping.client.queue.get("line").lag == 3
    skipping.client.queue.resume("line")
    assert [each.body for each in destination.wait("/job", 3)] == [b"0", b"1", b"2"]
    eventually(lambda: skipping.client.queue.get("line").lag == 0)


def test_a_canceled_message_leaves_its_queue(skipping: LocalQueue, destination: Destination) -> None:
    skipping.client.queue.upsert("line", paused=True)
    first = _enqueue(skipping, destination.url + "/job", "first")
    _enqueue(skipping, destination.url + "/job", "second")
    skipping.client.message.cancel(first)
    assert skipping.client.queue.get("line").lag == 1
    eventually(lambda: "CANCELED" in _states(skipping, first))
    skipping.client.queue.resume("line")
    assert [each.body for each in destination.wait("/job")] == [b"second"]


def test_deleting_a_queue_cancels_what_waits_in_it(skipping: LocalQueue, destination: Destination) -> None:
    active = _enqueue(skipping, destination.answer("/slow", Answer(pause=0.2)), "")
    destination.wait("/slow")
    waiting = _enqueue(skipping, destination.url + "/job", "")
    skipping.client.queue.delete("line")
    eventually(lambda: "CANCELED" in _states(skipping, waiting))
    eventually(lambda: "DELIVERED" in _states(skipping, active))
    assert "CANCEL_REQUESTED" not in _states(skipping, active)
    assert destination.at("/job") == []
    assert skipping.client.queue.list() == []


def test_a_delayed_message_joins_its_queue_when_it_is_due(queue: LocalQueue, destination: Destination) -> None:
    queue.http.post(f"/v2/enqueue/line/{destination.url}/job", headers={"Upstash-Delay": "1h"}, content="late")
    _enqueue(queue, destination.url + "/job", "now")
    assert [each.body for each in destination.wait("/job")] == [b"now"]


def test_a_delayed_message_does_not_bring_its_deleted_queue_back(queue: LocalQueue, destination: Destination) -> None:
    delayed = queue.http.post(f"/v2/enqueue/line/{destination.url}/job", headers={"Upstash-Delay": "1h"}).json()
    queue.client.queue.delete("line")
    eventually(lambda: "CANCELED" in _states(queue, delayed["messageId"]))
    assert queue.client.queue.list() == []


def test_a_delivered_message_is_processed_though_its_callback_is_not(
    queue: LocalQueue, destination: Destination
) -> None:
    delivered = _enqueue(queue, destination.url + "/job", "", callback=destination.answer("/back", Answer(pause=1)))
    _enqueue(queue, destination.url + "/job", "")
    destination.wait("/back")
    with pytest.raises(QStashError, match="status: 404"):
        queue.client.message.get(delivered)
    assert queue.client.queue.get("line").lag == 1


@pytest.mark.parametrize("name", ["a b", "ä", "a+b"])
def test_a_name_that_is_not_valid_is_refused(queue: LocalQueue, destination: Destination, name: str) -> None:
    for refused in (
        lambda: queue.client.queue.upsert(name),
        lambda: queue.client.queue.get(name),
        lambda: _enqueue(queue, destination.url, "", name=name),
    ):
        with pytest.raises(QStashError, match="status: 400"):
            refused()
    assert queue.client.queue.list() == []


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"queueName": "line", "parallelism": 0}', '{"queueName": 1}'])
def test_a_queue_that_cannot_be_is_refused(queue: LocalQueue, body: str) -> None:
    assert queue.http.post("/v2/queues", content=body).status_code == 400
    assert queue.client.queue.list() == []


def test_there_is_a_number_of_queues_that_is_too_many(queue: LocalQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.qstash.limits.MAX_QUEUES", 1)
    queue.client.queue.upsert("one")
    queue.client.queue.upsert("one", parallelism=2)
    with pytest.raises(QStashError, match="status: 412"):
        queue.client.queue.upsert("two")


def test_the_async_client_enqueues_and_manages_too(queue: LocalQueue, destination: Destination) -> None:
    async def work() -> Queue:
        client = AsyncQStash(DEVELOPMENT_TOKEN, retry=False, base_url=queue.url)
        await client.queue.upsert("line", parallelism=2)
        await client.message.enqueue_json(queue="line", url=destination.url + "/job", body={"id": 1})
        await client.queue.pause("line")
        await client.queue.resume("line")
        found, [listed] = await client.queue.get("line"), await client.queue.list()
        assert (found.name, found.parallelism, listed.name) == ("line", 2, "line")
        await client.queue.delete("line")
        await client.http._client.aclose()
        return found

    assert not asyncio.run(work()).paused
    assert destination.wait("/job")[0].body == b'{"id": 1}'
