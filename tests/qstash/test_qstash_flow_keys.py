"""What can be seen of a flow control key, and done to it."""

import asyncio

import pytest
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.flow_control_api import FlowControlInfo, GlobalParallelismInfo
from qstash.message import FlowControl

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, eventually


def test_a_paused_key_keeps_its_messages(queue: LocalQueue, destination: Destination) -> None:
    queue.client.flow_control.pause("mine")
    assert queue.client.flow_control.get("mine").is_paused
    queue.limited(destination.url + "/job", parallelism=1)
    eventually(lambda: queue.client.flow_control.get("mine").wait_list_size == 1)
    assert destination.at("/job") == []
    queue.client.flow_control.resume("mine")
    destination.wait("/job")
    assert not queue.client.flow_control.get("mine").is_paused


def test_the_latest_message_sets_the_limits_of_its_key(queue: LocalQueue, destination: Destination) -> None:
    queue.limited(destination.url + "/job", parallelism=3, rate=10)
    queue.limited(destination.url + "/job", rate=20, period="1m")
    found = queue.client.flow_control.get("mine")
    assert (found.parallelism_max, found.rate_max, found.rate_period) == (0, 20, 60)


def test_a_message_that_waited_long_does_not_bring_its_older_limits_back(
    standing: LocalQueue, destination: Destination
) -> None:
    standing.limited(destination.url + "/late", parallelism=1, delay=60)
    standing.limited(destination.url + "/job", parallelism=2)
    destination.wait("/job")
    standing.step(60)
    destination.wait("/late")
    assert standing.client.flow_control.get("mine").parallelism_max == 2


def test_a_pinned_limit_stays_whatever_messages_say_until_it_is_unpinned(
    queue: LocalQueue, destination: Destination
) -> None:
    flow = queue.client.flow_control
    flow.pin("mine", {"parallelism": 3, "rate": 7, "period": 30})
    queue.limited(destination.url + "/job", parallelism=1, rate=1, period=1)
    found = flow.get("mine")
    assert (found.parallelism_max, found.rate_max, found.rate_period) == (3, 7, 30)
    assert found.is_pinned_parallelism
    assert found.is_pinned_rate
    flow.unpin("mine", {"parallelism": True})
    assert (flow.get("mine").parallelism_max, flow.get("mine").is_pinned_parallelism) == (3, False)
    queue.limited(destination.url + "/job", parallelism=1, rate=1, period=1)
    found = flow.get("mine")
    assert (found.parallelism_max, found.rate_max, found.is_pinned_rate) == (1, 7, True)
    flow.unpin("mine", {"rate": True})
    assert not flow.get("mine").is_pinned_rate


def test_a_pin_lets_those_pass_who_wait(queue: LocalQueue, destination: Destination) -> None:
    for _ in range(3):
        queue.limited(destination.url + "/job", rate=1, period="1d")
    eventually(lambda: queue.client.flow_control.get("mine").wait_list_size == 2)
    queue.client.flow_control.pin("mine", {"rate": 2, "period": 3600})
    destination.wait("/job", 3)
    assert queue.client.flow_control.get("mine").rate_count == 2


def test_a_reset_ends_the_period_at_once(queue: LocalQueue, destination: Destination) -> None:
    for _ in range(3):
        queue.limited(destination.url + "/job", rate=1, period="1d")
    eventually(lambda: queue.client.flow_control.get("mine").wait_list_size == 2)
    queue.client.flow_control.reset_rate("mine")
    destination.wait("/job", 2)
    found = queue.client.flow_control.get("mine")
    assert (found.rate_count, found.wait_list_size) == (1, 1)


def test_keys_are_listed_and_an_unknown_one_is_not_found(queue: LocalQueue, destination: Destination) -> None:
    queue.limited(destination.url + "/job", key="one", parallelism=1)
    queue.limited(destination.url + "/job", key="two", parallelism=2)
    listed = queue.http.get("/v2/flowControl").json()
    assert [(key["flowControlKey"], key["parallelismMax"]) for key in listed] == [("one", 1), ("two", 2)]
    with pytest.raises(QStashError, match="status: 404"):
        queue.client.flow_control.get("three")


def test_the_parallelism_of_all_is_a_limit_too_and_is_shown(
    queue: LocalQueue, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.qstash.limits.MAX_CONCURRENT_ATTEMPTS", 2)
    assert queue.client.flow_control.get_global_parallelism() == GlobalParallelismInfo(2, 0)
    url = destination.answer("/job", Answer(pause=0.3))
    for _ in range(5):
        queue.publish(url=url, body="")
    destination.wait("/job", 2)
    assert queue.client.flow_control.get_global_parallelism() == GlobalParallelismInfo(2, 2)
    assert queue.http.get("/v2/flowControl").json() == [{"flowControlKey": "$", "waitListSize": 3}]
    destination.wait("/job", 5)
    assert destination.most_at_once["/job"] == 2


def test_an_idle_key_is_forgotten_when_there_are_too_many_but_one_in_use_is_not(
    queue: LocalQueue, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.qstash.limits.MAX_FLOW_KEYS", 2)
    queue.client.flow_control.pause("paused")
    for key in ("idle", "next"):
        queue.limited(destination.url + "/job", key=key, parallelism=1)
        queue.settle()
    assert [key["flowControlKey"] for key in queue.http.get("/v2/flowControl").json()] == ["paused", "next"]
    queue.client.flow_control.pin("next", {"parallelism": 1})
    with pytest.raises(QStashError, match="status: 412"):
        queue.client.flow_control.pause("another")


@pytest.mark.parametrize("query", ["", "parallelism=0", "rate=x", "rate=1&period=0"])
def test_a_pin_that_is_not_valid_is_refused(queue: LocalQueue, query: str) -> None:
    assert queue.http.post(f"/v2/flowControl/mine/pin?{query}").status_code == 400
    assert queue.http.get("/v2/flowControl").json() == []


def test_the_async_client_manages_keys_too(queue: LocalQueue, destination: Destination) -> None:
    async def work() -> FlowControlInfo:
        client = AsyncQStash(DEVELOPMENT_TOKEN, retry=False, base_url=queue.url)
        await client.flow_control.pause("mine")
        limits = FlowControl(key="mine", parallelism=1)
        await client.message.publish(url=destination.url + "/job", flow_control=limits)
        await client.flow_control.pin("mine", {"rate": 5})
        await client.flow_control.unpin("mine", {"rate": True})
        await client.flow_control.reset_rate("mine")
        await client.flow_control.resume("mine")
        assert (await client.flow_control.get_global_parallelism()).parallelism_max == 100
        found = await client.flow_control.get("mine")
        await client.http._client.aclose()
        return found

    assert asyncio.run(work()).parallelism_max == 1
    destination.wait("/job")
