"""Queues: created, changed, listed, paused, deleted."""

import asyncio

import pytest
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.queue import Queue

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, eventually


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
        skipping.enqueue(destination.url + "/job", str(number))
    skipping.publish(url=destination.url + "/other", body="")
    destination.wait("/other")
    assert destination.at("/job") == []
    assert skipping.client.queue.get("line").lag == 3
    skipping.client.queue.resume("line")
    assert [each.body for each in destination.wait("/job", 3)] == [b"0", b"1", b"2"]
    eventually(lambda: skipping.client.queue.get("line").lag == 0)


def test_a_canceled_message_leaves_its_queue(skipping: LocalQueue, destination: Destination) -> None:
    skipping.client.queue.upsert("line", paused=True)
    first = skipping.enqueue(destination.url + "/job", "first")
    skipping.enqueue(destination.url + "/job", "second")
    skipping.client.message.cancel(first)
    assert skipping.client.queue.get("line").lag == 1
    eventually(lambda: "CANCELED" in skipping.states(first))
    skipping.client.queue.resume("line")
    assert [each.body for each in destination.wait("/job")] == [b"second"]


def test_deleting_a_queue_cancels_what_waits_in_it(skipping: LocalQueue, destination: Destination) -> None:
    active = skipping.enqueue(destination.answer("/slow", Answer(pause=0.2)), "")
    destination.wait("/slow")
    waiting = skipping.enqueue(destination.url + "/job", "")
    skipping.client.queue.delete("line")
    eventually(lambda: "CANCELED" in skipping.states(waiting))
    eventually(lambda: "DELIVERED" in skipping.states(active))
    assert "CANCEL_REQUESTED" not in skipping.states(active)
    assert destination.at("/job") == []
    assert skipping.client.queue.list() == []


def test_a_delayed_message_does_not_bring_its_deleted_queue_back(queue: LocalQueue, destination: Destination) -> None:
    delayed = queue.http.post(f"/v2/enqueue/line/{destination.url}/job", headers={"Upstash-Delay": "1h"}).json()
    queue.client.queue.delete("line")
    eventually(lambda: "CANCELED" in queue.states(delayed["messageId"]))
    assert queue.client.queue.list() == []


@pytest.mark.parametrize("name", ["a b", "ä", "a+b"])
def test_a_name_that_is_not_valid_is_refused(queue: LocalQueue, destination: Destination, name: str) -> None:
    for refused in (
        lambda: queue.client.queue.upsert(name),
        lambda: queue.client.queue.get(name),
        lambda: queue.enqueue(destination.url, "", name=name),
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
