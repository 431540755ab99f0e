"""When failed messages are tried again, and when not."""

import pytest

from infra.local.qstash.retry import wished_seconds
from tests.qstash.clocks import SkippingClock
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, eventually


def test_the_default_backoff_is_the_documented_one(skipping: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500))
    skipping.publish(url=url, body="", retries=6)
    destination.wait("/job", 7)
    # https://upstash.com/docs/qstash/features/retry: 12s, 2m28s, 30m8s, 6h7m6s, 24h, 24h
    eventually(lambda: len(skipping.waits) == 6)
    assert [round(wait) for wait in skipping.waits] == [12, 148, 1808, 22026, 86400, 86400]


def test_a_message_is_tried_once_and_then_retried_as_often_as_asked(
    skipping: LocalQueue, destination: Destination
) -> None:
    url = destination.answer("/job", Answer(500))
    skipping.publish(url=url, body="", retries=3)
    eventually(lambda: skipping.client.dlq.list().messages)
    assert [each.headers["upstash-retried"] for each in destination.at("/job")] == ["0", "1", "2", "3"]


def test_no_retry_follows_a_success(skipping: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500), Answer(503), Answer(200))
    skipping.publish(url=url, body="")
    skipping.settle()
    assert len(destination.at("/job")) == 3
    assert skipping.client.dlq.list().messages == []


def test_a_formula_replaces_the_backoff(skipping: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500))
    skipping.publish(url=url, body="", retries=3, retry_delay="pow(2, retried) * 5000")
    eventually(lambda: skipping.client.dlq.list().messages)
    assert skipping.waits == [5, 10, 20]


def test_a_formula_waits_a_day_at_most_and_where_it_has_no_value_the_backoff_stands_in(
    skipping: LocalQueue, destination: Destination
) -> None:
    url = destination.answer("/job", Answer(500))
    skipping.publish(url=url, body="", retries=2, retry_delay="1000 * 1000000 / (1 - retried)")
    eventually(lambda: skipping.client.dlq.list().messages)
    assert [round(wait) for wait in skipping.waits] == [86400, 148]


def test_the_speed_divides_the_pauses(start_queue: StartQueue, destination: Destination) -> None:
    queue = start_queue(SkippingClock(speed=20))
    url = destination.answer("/job", Answer(500), Answer(500, {"Retry-After": "10"}), Answer(500))
    queue.publish(url=url, body="", retries=2, retry_delay="5000")
    eventually(lambda: queue.client.dlq.list().messages)
    assert queue.waits == [0.25, 0.5]


def test_retry_after_can_be_kept_in_real_seconds(start_queue: StartQueue, destination: Destination) -> None:
    queue = start_queue(SkippingClock(speed=20), keep_retry_after=True)
    url = destination.answer("/job", Answer(500), Answer(409, {"Retry-After": "10"}), Answer(500))
    queue.publish(url=url, body="", retries=2, retry_delay="5000")
    eventually(lambda: queue.client.dlq.list().messages)
    assert queue.waits == [0.25, 10]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "10"}, 10),
        ({"Retry-After": "6m5s"}, 365),
        ({"X-RateLimit-Reset": "7"}, 7),
        ({"X-RateLimit-Reset-Requests": "1s"}, 1),
        ({"X-RateLimit-Reset-Tokens": "86ms"}, 0.086),
        ({"Retry-After": "3", "X-RateLimit-Reset": "7"}, 3),
    ],
)
def test_the_destination_may_say_when_to_retry(
    skipping: LocalQueue, destination: Destination, headers: dict[str, str], seconds: float
) -> None:
    url = destination.answer("/job", Answer(409, headers), Answer(200))
    skipping.publish(url=url, body="", retry_delay="5000")
    destination.wait("/job", 2)
    assert skipping.waits == [pytest.approx(seconds)]


@pytest.mark.parametrize("wish", ["100000", "86401s", "nonsense", "-5", "Sun, 99 Foo 2024"])
def test_a_wish_beyond_a_day_or_that_cannot_be_read_leaves_the_backoff(
    skipping: LocalQueue, destination: Destination, wish: str
) -> None:
    url = destination.answer("/job", Answer(500, {"Retry-After": wish}), Answer(200))
    skipping.publish(url=url, body="")
    destination.wait("/job", 2)
    assert [round(wait) for wait in skipping.waits] == [12]


def test_a_date_is_read_as_the_time_until_it() -> None:
    headers = {"retry-after": ["Thu, 27 Jun 2024 12:16:24 GMT"]}
    moment = 1719490584
    assert wished_seconds(headers, moment - 30) == 30
    assert wished_seconds(headers, moment + 30) == 0
    assert wished_seconds(headers, moment - 100_000) is None


def test_489_with_the_header_ends_the_retries_at_once(skipping: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(489, {"Upstash-NonRetryable-Error": "true"}))
    skipping.publish(url=url, body="", failure_callback=destination.url + "/failed")
    destination.wait("/failed")
    assert len(destination.at("/job")) == 1
    assert skipping.client.dlq.list().messages[0].response_status == 489


@pytest.mark.parametrize(("status", "headers"), [(489, {}), (500, {"Upstash-NonRetryable-Error": "true"})])
def test_489_needs_the_header_and_the_header_needs_489(
    skipping: LocalQueue, destination: Destination, status: int, headers: dict[str, str]
) -> None:
    url = destination.answer("/job", Answer(status, headers), Answer(200))
    skipping.publish(url=url, body="")
    assert len(destination.wait("/job", 2)) == 2
