"""Every public method of the official Python SDK, of both clients, against the running server.

What each feature does in detail is tested elsewhere, mostly with the synchronous client; here, whether each call is
understood and its answer read. EXERCISED at the end says which test calls what, and is complete.
"""

import asyncio
import inspect
import re
from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from qstash import AsyncQStash, QStash, Receiver
from qstash.flow_control_api import GlobalParallelismInfo

from infra.local.qstash import DEVELOPMENT_CURRENT_SIGNING_KEY, DEVELOPMENT_NEXT_SIGNING_KEY, DEVELOPMENT_TOKEN
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, eventually


class Sdk(Protocol):
    """Calls a method by its name, as in sdk("queue.get", "line")."""

    def __call__(self, method: str, *arguments: Any, **options: Any) -> Any: ...


@pytest.fixture(params=[QStash, AsyncQStash])
def sdk(request: pytest.FixtureRequest, queue: LocalQueue) -> Iterator[Sdk]:
    client = request.param(DEVELOPMENT_TOKEN, retry=False, base_url=queue.url)
    with asyncio.Runner() as runner:

        async def finish(answer: Any) -> Any:
            return await answer if inspect.isawaitable(answer) else answer

        def call(method: str, *arguments: Any, **options: Any) -> Any:
            resource, name = method.split(".")
            return runner.run(finish(getattr(getattr(client, resource), name)(*arguments, **options)))

        yield call
        close = getattr(client.http._client, "aclose", None) or client.http._client.close
        runner.run(finish(close()))


def test_messages_are_published_enqueued_and_batched(sdk: Sdk, destination: Destination) -> None:
    url = destination.url + "/job"
    accepted = [
        sdk("message.publish", url=url, body="1"),
        sdk("message.publish_json", url=url, body=2),
        sdk("message.enqueue", queue="line", url=url, body="3"),
        sdk("message.enqueue_json", queue="line", url=url, body=4),
        *sdk("message.batch", [{"url": url, "body": "5"}]),
        *sdk("message.batch_json", [{"url": url, "body": 6, "queue": "line"}]),
    ]
    received = destination.wait("/job", 6)
    assert {each.headers["upstash-message-id"]: each.body.decode() for each in received} == {
        each.message_id: str(number) for number, each in enumerate(accepted, 1)
    }


def test_messages_on_their_way_are_read_and_canceled(sdk: Sdk, destination: Destination) -> None:
    ids = [sdk("message.publish", url=destination.url, body="x", delay="1h").message_id for _ in range(4)]
    assert sdk("message.get", ids[0]).body == "x"
    sdk("message.cancel", ids[0])
    assert sdk("message.cancel_many", [ids[1], "msg_unknown"]) == 1
    assert sdk("message.cancel_all") == 2


def test_url_groups_are_kept(sdk: Sdk) -> None:
    sdk("url_group.upsert_endpoints", "g", [{"url": f"https://example.com/{name}", "name": name} for name in "ab"])
    sdk("url_group.remove_endpoints", "g", [{"name": "a"}])
    assert [each.name for each in sdk("url_group.get", "g").endpoints] == ["b"]
    assert [each.name for each in sdk("url_group.list")] == ["g"]
    sdk("url_group.delete", "g")
    assert sdk("url_group.list") == []


def test_queues_are_kept(sdk: Sdk) -> None:
    sdk("queue.upsert", "line", parallelism=2)
    sdk("queue.pause", "line")
    assert (sdk("queue.get", "line").parallelism, sdk("queue.get", "line").paused) == (2, True)
    sdk("queue.resume", "line")
    assert [(each.name, each.paused) for each in sdk("queue.list")] == [("line", False)]
    sdk("queue.delete", "line")
    assert sdk("queue.list") == []


def test_schedules_are_kept(sdk: Sdk) -> None:
    first = sdk("schedule.create", destination="https://example.com", cron="0 0 1 1 *", body="x")
    second = sdk("schedule.create_json", destination="https://example.com", cron="0 0 1 1 *", body={"n": 1})
    sdk("schedule.pause", first)
    assert (sdk("schedule.get", first).paused, sdk("schedule.get", second).body) == (True, '{"n": 1}')
    sdk("schedule.resume", first)
    assert {each.schedule_id: each.paused for each in sdk("schedule.list")} == {first: False, second: False}
    sdk("schedule.delete", first)
    assert [each.schedule_id for each in sdk("schedule.list")] == [second]


def test_flow_control_keys_are_read_and_governed(sdk: Sdk, destination: Destination) -> None:
    sdk("flow_control.pause", "key")
    sdk("message.publish", url=destination.url + "/job", flow_control={"key": "key", "rate": 5, "period": "1h"})
    eventually(lambda: sdk("flow_control.get", "key").wait_list_size == 1)
    assert sdk("flow_control.get_global_parallelism") == GlobalParallelismInfo(100, 0)
    sdk("flow_control.pin", "key", {"rate": 7})
    assert (sdk("flow_control.get", "key").rate_max, sdk("flow_control.get", "key").is_pinned_rate) == (7, True)
    sdk("flow_control.unpin", "key", {"rate": True})
    assert sdk("flow_control.get", "key").is_pinned_rate is False
    sdk("flow_control.resume", "key")
    destination.wait("/job")
    sdk("flow_control.reset_rate", "key")
    assert sdk("flow_control.get", "key").rate_count == 0


def test_dead_letters_are_read_and_deleted_and_the_log_tells_of_them(sdk: Sdk, destination: Destination) -> None:
    url = destination.answer("/job", Answer(418))
    accepted = [sdk("message.publish", url=url, retries=0, label=f"{number}") for number in range(3)]
    eventually(lambda: len(sdk("dlq.list").messages) == 3)
    letters = {each.message_id: each.dlq_id for each in sdk("dlq.list").messages}
    first, *others = (letters[each.message_id] for each in accepted)
    assert sdk("dlq.get", first).response_status == 418
    sdk("dlq.delete", first)
    assert sdk("dlq.delete_many", others) == 2
    states = [each.state.value for each in sdk("log.list", filter={"label": "0"}).logs]
    assert states == ["FAILED", "ERROR", "ACTIVE", "CREATED"]


def test_keys_are_rotated_and_a_receiver_with_the_old_ones_goes_on(sdk: Sdk, destination: Destination) -> None:
    before = sdk("signing_key.get")
    assert (before.current, before.next) == (DEVELOPMENT_CURRENT_SIGNING_KEY, DEVELOPMENT_NEXT_SIGNING_KEY)
    after = sdk("signing_key.rotate")
    assert after.current == before.next != after.next
    sdk("message.publish", url=destination.url + "/job", body="x")
    [received] = destination.wait("/job")
    receiver = Receiver(before.current, before.next)
    receiver.verify(signature=received.headers["upstash-signature"], body="x", url=received.url)


EXERCISED = {
    test_messages_are_published_enqueued_and_batched: (
        "message.publish message.publish_json message.enqueue message.enqueue_json message.batch message.batch_json"
    ),
    test_messages_on_their_way_are_read_and_canceled: (
        "message.get message.cancel message.cancel_many message.cancel_all"
    ),
    test_url_groups_are_kept: (
        "url_group.upsert_endpoints url_group.remove_endpoints url_group.get url_group.list url_group.delete"
    ),
    test_queues_are_kept: "queue.upsert queue.get queue.list queue.delete queue.pause queue.resume",
    test_schedules_are_kept: (
        "schedule.create schedule.create_json schedule.get schedule.list schedule.delete schedule.pause schedule.resume"
    ),
    test_flow_control_keys_are_read_and_governed: (
        "flow_control.get flow_control.get_global_parallelism flow_control.pause flow_control.resume flow_control.pin "
        "flow_control.unpin flow_control.reset_rate"
    ),
    test_dead_letters_are_read_and_deleted_and_the_log_tells_of_them: (
        "dlq.get dlq.list dlq.delete dlq.delete_many log.list"
    ),
    test_keys_are_rotated_and_a_receiver_with_the_old_ones_goes_on: "signing_key.get signing_key.rotate",
}


@pytest.mark.parametrize("kind", [QStash, AsyncQStash])
def test_no_method_of_the_sdk_is_left_out(kind: Any) -> None:
    resources = {name: api for name, api in vars(kind(DEVELOPMENT_TOKEN)).items() if name != "http"}
    offered = {
        f"{name}.{method}" for name, api in resources.items() for method in dir(api) if not method.startswith("_")
    }
    assert sorted(offered) == sorted(" ".join(EXERCISED.values()).split())


@pytest.mark.parametrize("test", EXERCISED, ids=lambda test: test.__name__)
def test_each_test_calls_what_it_is_said_to(test: Any) -> None:
    called = set(re.findall(r'sdk\("([a-z_.]+)"', inspect.getsource(test)))
    assert called >= set(EXERCISED[test].split())
