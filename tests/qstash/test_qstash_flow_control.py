"""Flow control: rate and parallelism of a key, and what can be done to a key."""

import asyncio
from typing import Any

import httpx
import pytest
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.flow_control_api import FlowControlInfo, GlobalParallelismInfo
from qstash.message import FlowControl, FlowControlProperties

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, SkippingClock, StartQueue, SteppingClock, eventually


def _publish(queue: LocalQueue, url: str, body: str = "", key: str = "mine", **limits: Any) -> str:
    flow: Any = {"key": key, **{name: value for name, value in limits.items() if name in ("rate", "period")}}
    if "parallelism" in limits:
        flow["parallelism"] = limits["parallelism"]
    options = {name: value for name, value in limits.items() if name not in ("rate", "period", "parallelism")}
    return queue.publish(url=url, body=body, flow_control=flow, **options).message_id


def test_a_key_delivers_as_many_at_a_time_as_its_parallelism(queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(pause=0.1))
    for number in range(6):
        _publish(queue, f"{url}?{number}", parallelism=2)
    destination.wait("/job", 6)
    assert destination.most_at_once["/job"] == 2


def test_a_key_does_not_wait_for_another(queue: LocalQueue, destination: Destination) -> None:
    _publish(queue, destination.answer("/slow", Answer(pause=1)), key="one", parallelism=1)
    destination.wait("/slow")
    _publish(queue, destination.url + "/quick", key="two", parallelism=1)
    destination.wait("/quick")
    assert queue.client.flow_control.get("one").parallelism_count == 1


def test_a_key_delivers_no_more_in_a_period_than_its_rate(skipping: LocalQueue, destination: Destination) -> None:
    for number in range(5):
        _publish(skipping, destination.url + "/job", str(number), rate=2, period="1m")
    received = destination.wait("/job", 5)
    skipping.settle()
    assert sorted(each.body for each in received) == [b"0", b"1", b"2", b"3", b"4"]
    assert skipping.waits == [pytest.approx(60, abs=1), pytest.approx(60, abs=1)]


def test_the_speed_divides_the_period(start_queue: StartQueue, destination: Destination) -> None:
    queue = start_queue(SkippingClock(speed=20))
    for _ in range(2):
        _publish(queue, destination.url + "/job", rate=1, period=60)
    destination.wait("/job", 2)
    assert queue.waits == [pytest.approx(3, abs=0.5)]


def test_a_period_is_a_second_where_none_is_given(skipping: LocalQueue, destination: Destination) -> None:
    skipping.client.flow_control.pause("mine")
    message_id = _publish(skipping, destination.url + "/job", rate=2)
    assert skipping.client.flow_control.get("mine").rate_period == 1
    assert skipping.client.message.get(message_id).flow_control == FlowControlProperties("mine", None, 2, 1)


def test_many_who_wait_for_a_period_wait_for_it_together_and_then_count_anew(
    standing: LocalQueue, destination: Destination
) -> None:
    for _ in range(4):
        _publish(standing, destination.url + "/job", rate=2, period="1m")
    destination.wait("/job", 2)
    eventually(lambda: standing.client.flow_control.get("mine").wait_list_size == 2)
    assert isinstance(standing.clock, SteppingClock)
    assert standing.clock.waiting == 1
    standing.step(60)
    destination.wait("/job", 4)
    assert standing.client.flow_control.get("mine").rate_count == 2
    standing.step(60)
    found = standing.client.flow_control.get("mine")
    assert (found.rate_count, found.rate_period_start) == (0, 0)


def test_retries_count_in_the_rate(skipping: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500), Answer(200))
    _publish(skipping, url, rate=1, period="1h", retry_delay="1000")
    destination.wait("/job", 2)
    assert skipping.waits == [1, pytest.approx(3599, abs=1)]


def test_a_message_that_waits_for_its_retry_leaves_the_place_to_others(
    queue: LocalQueue, destination: Destination
) -> None:
    url = destination.answer("/job", Answer(500), Answer(200))
    _publish(queue, url, "first", parallelism=1, retry_delay="3600000")
    _publish(queue, url, "second", parallelism=1)
    assert [each.body for each in destination.wait("/job", 2)] == [b"first", b"second"]


def test_who_waits_is_counted_and_not_active_yet(queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(pause=0.5))
    _publish(queue, url, parallelism=1, rate=10, period="1m")
    destination.wait("/job")
    waiting = _publish(queue, url, parallelism=1, rate=10, period="1m")
    eventually(lambda: queue.client.flow_control.get("mine").wait_list_size == 1)
    found = queue.client.flow_control.get("mine")
    assert abs(found.rate_period_start - queue.clock.now()) < 10
    assert found == FlowControlInfo("mine", 1, 1, 1, 10, 1, 60, found.rate_period_start, False, False, False)
    assert [log.state.value for log in queue.client.log.list(filter={"message_id": waiting}).logs] == ["CREATED"]


def test_a_canceled_message_leaves_the_wait_list(queue: LocalQueue, destination: Destination) -> None:
    queue.client.flow_control.pause("mine")
    canceled = _publish(queue, destination.url + "/job", "canceled", parallelism=1)
    _publish(queue, destination.url + "/job", "kept", parallelism=1)
    eventually(lambda: queue.client.flow_control.get("mine").wait_list_size == 2)
    queue.client.message.cancel(canceled)
    assert queue.client.flow_control.get("mine").wait_list_size == 1
    queue.client.flow_control.resume("mine")
    queue.settle()
    assert [each.body for each in destination.at("/job")] == [b"kept"]


def test_a_message_of_a_key_says_so_wherever_it_is_shown(skipping: LocalQueue, destination: Destination) -> None:
    skipping.client.flow_control.pause("mine")
    url = destination.answer("/job", Answer(500))
    message_id = _publish(skipping, url, parallelism=3, rate=10, period="1h", retries=0)
    expected = FlowControlProperties("mine", 3, 10, 3600)
    assert skipping.client.message.get(message_id).flow_control == expected
    skipping.client.flow_control.resume("mine")
    eventually(lambda: skipping.client.dlq.list().messages)
    assert skipping.client.dlq.list().messages[0].flow_control == expected
    assert skipping.client.log.list(filter={"message_id": message_id}).logs[0].flow_control == expected


def test_a_paused_key_keeps_its_messages(queue: LocalQueue, destination: Destination) -> None:
    queue.client.flow_control.pause("mine")
    assert queue.client.flow_control.get("mine").is_paused
    _publish(queue, destination.url + "/job", parallelism=1)
    eventually(lambda: queue.client.flow_control.get("mine").wait_list_size == 1)
    assert destination.at("/job") == []
    queue.client.flow_control.resume("mine")
    destination.wait("/job")
    assert not queue.client.flow_control.get("mine").is_paused


def test_the_latest_message_sets_the_limits_of_its_key(queue: LocalQueue, destination: Destination) -> None:
    _publish(queue, destination.url + "/job", parallelism=3, rate=10)
    _publish(queue, destination.url + "/job", rate=20, period="1m")
    found = queue.client.flow_control.get("mine")
    assert (found.parallelism_max, found.rate_max, found.rate_period) == (0, 20, 60)


def test_a_message_that_waited_long_does_not_bring_its_older_limits_back(
    standing: LocalQueue, destination: Destination
) -> None:
    _publish(standing, destination.url + "/late", parallelism=1, delay=60)
    _publish(standing, destination.url + "/job", parallelism=2)
    destination.wait("/job")
    standing.step(60)
    destination.wait("/late")
    assert standing.client.flow_control.get("mine").parallelism_max == 2


def test_a_pinned_limit_stays_whatever_messages_say_until_it_is_unpinned(
    queue: LocalQueue, destination: Destination
) -> None:
    flow = queue.client.flow_control
    flow.pin("mine", {"parallelism": 3, "rate": 7, "period": 30})
    _publish(queue, destination.url + "/job", parallelism=1, rate=1, period=1)
    found = flow.get("mine")
    assert (found.parallelism_max, found.rate_max, found.rate_period) == (3, 7, 30)
    assert found.is_pinned_parallelism
    assert found.is_pinned_rate
    flow.unpin("mine", {"parallelism": True})
    assert (flow.get("mine").parallelism_max, flow.get("mine").is_pinned_parallelism) == (3, False)
    _publish(queue, destination.url + "/job", parallelism=1, rate=1, period=1)
    found = flow.get("mine")
    assert (found.parallelism_max, found.rate_max, found.is_pinned_rate) == (1, 7, True)
    flow.unpin("mine", {"rate": True})
    assert not flow.get("mine").is_pinned_rate


def test_a_pin_lets_those_pass_who_wait(queue: LocalQueue, destination: Destination) -> None:
    for _ in range(3):
        _publish(queue, destination.url + "/job", rate=1, period="1d")
    eventually(lambda: queue.client.flow_control.get("mine").wait_list_size == 2)
    queue.client.flow_control.pin("mine", {"rate": 2, "period": 3600})
    destination.wait("/job", 3)
    assert queue.client.flow_control.get("mine").rate_count == 2


def test_a_reset_ends_the_period_at_once(queue: LocalQueue, destination: Destination) -> None:
    for _ in range(3):
        _publish(queue, destination.url + "/job", rate=1, period="1d")
    eventually(lambda: queue.client.flow_control.get("mine").wait_list_size == 2)
    queue.client.flow_control.reset_rate("mine")
    destination.wait("/job", 2)
    found = queue.client.flow_control.get("mine")
    assert (found.rate_count, found.wait_list_size) == (1, 1)


def test_keys_are_listed_and_an_unknown_one_is_not_found(queue: LocalQueue, destination: Destination) -> None:
    _publish(queue, destination.url + "/job", key="one", parallelism=1)
    _publish(queue, destination.url + "/job", key="two", parallelism=2)
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


def test_a_callback_may_have_a_key_of_its_own(queue: LocalQueue, destination: Destination) -> None:
    queue.client.flow_control.pause("back")
    headers = {"Upstash-Callback-Flow-Control-Key": "back", "Upstash-Callback-Flow-Control-Value": "parallelism=1"}
    queue.publish(url=destination.url + "/job", body="", callback=destination.url + "/back", callback_headers=headers)
    eventually(lambda: queue.client.flow_control.get("back").wait_list_size == 1)
    queue.client.flow_control.resume("back")
    destination.wait("/back")


def test_an_idle_key_is_forgotten_when_there_are_too_many_but_one_in_use_is_not(
    queue: LocalQueue, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.qstash.limits.MAX_FLOW_KEYS", 2)
    queue.client.flow_control.pause("paused")
    for key in ("idle", "next"):
        _publish(queue, destination.url + "/job", key=key, parallelism=1)
        queue.settle()
    assert [key["flowControlKey"] for key in queue.http.get("/v2/flowControl").json()] == ["paused", "next"]
    queue.client.flow_control.pin("next", {"parallelism": 1})
    with pytest.raises(QStashError, match="status: 412"):
        queue.client.flow_control.pause("another")


@pytest.mark.parametrize(
    "headers",
    [
        {"Upstash-Flow-Control-Key": "k"},
        {"Upstash-Flow-Control-Value": "rate=1"},
        *(
            {"Upstash-Flow-Control-Key": "k", "Upstash-Flow-Control-Value": value}
            for value in (
                "rate=0",
                "parallelism=-1",
                "parallelism=many",
                "speed=1",
                "period=1m",
                "rate=1,period=soon",
                "rate=1,period=0s",
            )
        ),
    ],
)
def test_limits_that_are_not_valid_are_refused(
    queue: LocalQueue, destination: Destination, headers: dict[str, str]
) -> None:
    answered = queue.http.post(f"/v2/publish/{destination.url}/job", headers=headers)
    assert (answered.status_code, "low" in answered.json()["error"]) == (400, True)


@pytest.mark.parametrize("query", ["", "parallelism=0", "rate=x", "rate=1&period=0"])
def test_a_pin_that_is_not_valid_is_refused(queue: LocalQueue, query: str) -> None:
    assert queue.http.post(f"/v2/flowControl/mine/pin?{query}").status_code == 400
    assert queue.http.get("/v2/flowControl").json() == []


def test_the_value_is_read_as_the_documentation_writes_it(queue: LocalQueue, destination: Destination) -> None:
    headers = httpx.Headers(
        {"Upstash-Flow-Control-Key": "mine", "Upstash-Flow-Control-Value": "Rate=20,Parallelism=10"}
    )
    assert queue.http.post(f"/v2/publish/{destination.url}/job", headers=headers).status_code == 200
    found = queue.client.flow_control.get("mine")
    assert (found.rate_max, found.parallelism_max) == (20, 10)


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
