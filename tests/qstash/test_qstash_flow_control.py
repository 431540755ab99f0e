"""Flow control: rate and parallelism of a key, and what can be done to a key."""

import httpx
import pytest
from qstash.flow_control_api import FlowControlInfo
from qstash.message import FlowControlProperties

from tests.qstash.clocks import SkippingClock, SteppingClock
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, eventually


def test_a_key_delivers_as_many_at_a_time_as_its_parallelism(queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(pause=0.1))
    for number in range(6):
        queue.limited(f"{url}?{number}", parallelism=2)
    destination.wait("/job", 6)
    assert destination.most_at_once["/job"] == 2


def test_a_key_does_not_wait_for_another(queue: LocalQueue, destination: Destination) -> None:
    queue.limited(destination.answer("/slow", Answer(pause=1)), key="one", parallelism=1)
    destination.wait("/slow")
    queue.limited(destination.url + "/quick", key="two", parallelism=1)
    destination.wait("/quick")
    assert queue.client.flow_control.get("one").parallelism_count == 1


def test_a_key_delivers_no_more_in_a_period_than_its_rate(skipping: LocalQueue, destination: Destination) -> None:
    for number in range(5):
        skipping.limited(destination.url + "/job", str(number), rate=2, period="1m")
    received = destination.wait("/job", 5)
    skipping.settle()
    assert sorted(each.body for each in received) == [b"0", b"1", b"2", b"3", b"4"]
    assert skipping.waits == [pytest.approx(60, abs=1), pytest.approx(60, abs=1)]


def test_the_speed_divides_the_period(start_queue: StartQueue, destination: Destination) -> None:
    queue = start_queue(SkippingClock(speed=20))
    for _ in range(2):
        queue.limited(destination.url + "/job", rate=1, period=60)
    destination.wait("/job", 2)
    assert queue.waits == [pytest.approx(3, abs=0.5)]


def test_a_period_is_a_second_where_none_is_given(skipping: LocalQueue, destination: Destination) -> None:
    skipping.client.flow_control.pause("mine")
    message_id = skipping.limited(destination.url + "/job", rate=2)
    assert skipping.client.flow_control.get("mine").rate_period == 1
    assert skipping.client.message.get(message_id).flow_control == FlowControlProperties("mine", None, 2, 1)


def test_many_who_wait_for_a_period_wait_for_it_together_and_then_count_anew(
    standing: LocalQueue, destination: Destination
) -> None:
    for _ in range(4):
        standing.limited(destination.url + "/job", rate=2, period="1m")
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
    skipping.limited(url, rate=1, period="1h", retry_delay="1000")
    destination.wait("/job", 2)
    assert skipping.waits == [1, pytest.approx(3599, abs=1)]


def test_a_message_that_waits_for_its_retry_leaves_the_place_to_others(
    queue: LocalQueue, destination: Destination
) -> None:
    url = destination.answer("/job", Answer(500), Answer(200))
    queue.limited(url, "first", parallelism=1, retry_delay="3600000")
    queue.limited(url, "second", parallelism=1)
    assert [each.body for each in destination.wait("/job", 2)] == [b"first", b"second"]


def test_who_waits_is_counted_and_not_active_yet(queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(pause=0.5))
    queue.limited(url, parallelism=1, rate=10, period="1m")
    destination.wait("/job")
    waiting = queue.limited(url, parallelism=1, rate=10, period="1m")
    eventually(lambda: queue.client.flow_control.get("mine").wait_list_size == 1)
    found = queue.client.flow_control.get("mine")
    assert abs(found.rate_period_start - queue.clock.now()) < 10
    assert found == FlowControlInfo("mine", 1, 1, 1, 10, 1, 60, found.rate_period_start, False, False, False)
    assert [log.state.value for log in queue.client.log.list(filter={"message_id": waiting}).logs] == ["CREATED"]


def test_a_canceled_message_leaves_the_wait_list(queue: LocalQueue, destination: Destination) -> None:
    queue.client.flow_control.pause("mine")
    canceled = queue.limited(destination.url + "/job", "canceled", parallelism=1)
    queue.limited(destination.url + "/job", "kept", parallelism=1)
    eventually(lambda: queue.client.flow_control.get("mine").wait_list_size == 2)
    queue.client.message.cancel(canceled)
    assert queue.client.flow_control.get("mine").wait_list_size == 1
    queue.client.flow_control.resume("mine")
    queue.settle()
    assert [each.body for each in destination.at("/job")] == [b"kept"]


def test_a_message_of_a_key_says_so_wherever_it_is_shown(skipping: LocalQueue, destination: Destination) -> None:
    skipping.client.flow_control.pause("mine")
    url = destination.answer("/job", Answer(500))
    message_id = skipping.limited(url, parallelism=3, rate=10, period="1h", retries=0)
    expected = FlowControlProperties("mine", 3, 10, 3600)
    assert skipping.client.message.get(message_id).flow_control == expected
    skipping.client.flow_control.resume("mine")
    eventually(lambda: skipping.client.dlq.list().messages)
    assert skipping.client.dlq.list().messages[0].flow_control == expected
    assert skipping.client.log.list(filter={"message_id": message_id}).logs[0].flow_control == expected


def test_a_callback_may_have_a_key_of_its_own(queue: LocalQueue, destination: Destination) -> None:
    queue.client.flow_control.pause("back")
    headers = {"Upstash-Callback-Flow-Control-Key": "back", "Upstash-Callback-Flow-Control-Value": "parallelism=1"}
    queue.publish(url=destination.url + "/job", body="", callback=destination.url + "/back", callback_headers=headers)
    eventually(lambda: queue.client.flow_control.get("back").wait_list_size == 1)
    queue.client.flow_control.resume("back")
    destination.wait("/back")


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


def test_the_value_is_read_as_the_documentation_writes_it(queue: LocalQueue, destination: Destination) -> None:
    headers = httpx.Headers(
        {"Upstash-Flow-Control-Key": "mine", "Upstash-Flow-Control-Value": "Rate=20,Parallelism=10"}
    )
    assert queue.http.post(f"/v2/publish/{destination.url}/job", headers=headers).status_code == 200
    found = queue.client.flow_control.get("mine")
    assert (found.rate_max, found.parallelism_max) == (20, 10)
