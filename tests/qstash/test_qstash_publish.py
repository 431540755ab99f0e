"""Publishing, with the official SDK and by hand."""

import asyncio
import time

import httpx
import pytest
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.message import PublishResponse

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.clocks import SkippingClock
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, verify


def test_a_published_message_arrives_with_its_body_and_content_type(
    queue: LocalQueue, destination: Destination
) -> None:
    accepted = queue.client.message.publish_json(url=destination.url + "/job", body={"id": 1})
    assert isinstance(accepted, PublishResponse)

    [received] = destination.wait("/job")
    assert (received.method, received.body) == ("POST", b'{"id": 1}')
    assert received.headers["content-type"] == "application/json"
    assert received.headers["upstash-message-id"] == accepted.message_id
    assert accepted.message_id.startswith("msg_")
    assert accepted.deduplicated is False


def test_the_async_client_publishes_too(queue: LocalQueue, destination: Destination) -> None:
    async def publish() -> PublishResponse:
        client = AsyncQStash(DEVELOPMENT_TOKEN, retry=False, base_url=queue.url)
        accepted = await client.message.publish(url=destination.url + "/job", body="hello")
        await client.http._client.aclose()
        assert isinstance(accepted, PublishResponse)
        return accepted

    accepted = asyncio.run(publish())
    [received] = destination.wait("/job")
    assert (received.body, received.headers["upstash-message-id"]) == (b"hello", accepted.message_id)


def test_delivery_begins_without_delay(queue: LocalQueue, destination: Destination) -> None:
    queue.publish(url=destination.url + "/warm", body="")
    destination.wait("/warm")

    started = time.time()
    queue.publish(url=destination.url + "/job", body="")
    [received] = destination.wait("/job")
    assert received.at - started < 0.15  # a few ms; the rest is room for a busy machine


def test_the_publish_answer_does_not_wait_for_the_destination(queue: LocalQueue, destination: Destination) -> None:
    slow = destination.answer("/slow", Answer(pause=0.3))
    started = time.monotonic()
    queue.publish(url=slow, body="")
    assert time.monotonic() - started < 0.25


def test_deliveries_run_side_by_side(queue: LocalQueue, destination: Destination) -> None:
    slow = destination.answer("/slow", Answer(pause=0.2))
    started = time.time()
    for _ in range(5):
        queue.publish(url=slow, body="")
    assert max(each.at for each in destination.wait("/slow", 5)) - started < 0.2


@pytest.mark.parametrize("path", ["/a//b/", "/a%2Fb%20c?x=1&y=%2F%3F&z", "/?next=https://example.com/a?b=c", "/ä"])
def test_the_destination_is_kept_as_it_came(queue: LocalQueue, destination: Destination, path: str) -> None:
    queue.publish(url=destination.url + path, body="")
    sent = httpx.URL(destination.url + path).raw_path.decode()
    [received] = destination.wait(sent.partition("?")[0])
    assert received.path == sent
    verify(received)


def test_a_percent_encoded_destination_is_decoded(queue: LocalQueue, destination: Destination) -> None:
    encoded = (destination.url + "/job?a=b%2Fc").replace("%", "%25").replace(":", "%3A").replace("/", "%2F")
    answered = queue.http.post(f"/v2/publish/{encoded.replace('?', '%3F')}")
    assert answered.status_code == 200
    assert destination.wait("/job")[0].path == "/job?a=b%2Fc"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_the_method_is_the_one_asked_for(queue: LocalQueue, destination: Destination, method: str) -> None:
    queue.publish(url=destination.url + "/job", body="payload", method=method)
    [received] = destination.wait("/job")
    assert (received.method, received.body) == (method, b"payload")


def test_forwarded_headers_arrive_without_their_prefix_and_no_other_header_does(
    queue: LocalQueue, destination: Destination
) -> None:
    queue.http.post(
        f"/v2/publish/{destination.url}/job",
        headers={
            "Upstash-Forward-Authorization": "Bearer theirs",
            "Upstash-Forward-Host": "evil.example",
            "Upstash-Forward-Upstash-Signature": "forged",
            "Upstash-Label": "mine",
            "Cookie": "private=1",
        },
        content=b"\x00\xff",
    )
    [received] = destination.wait("/job")
    assert received.headers["authorization"] == "Bearer theirs"
    assert received.headers["host"] in destination.url
    assert received.headers["upstash-signature"] != "forged"
    assert received.body == b"\x00\xff"
    assert not {"cookie", "content-type"} & received.headers.keys()


def test_a_delay_holds_the_delivery_back(skipping: LocalQueue, destination: Destination) -> None:
    skipping.publish(url=destination.url + "/job", body="", delay="1d10h30m")
    destination.wait("/job")
    assert skipping.waits == [1 * 86400 + 10 * 3600 + 30 * 60]


def test_not_before_wins_over_a_delay(skipping: LocalQueue, destination: Destination) -> None:
    moment = int(skipping.clock.now()) + 100
    skipping.publish(url=destination.url + "/job", body="", delay=5, not_before=moment)
    destination.wait("/job")
    assert skipping.waits == [pytest.approx(100, abs=1.5)]


def test_the_speed_divides_the_delay(start_queue: StartQueue, destination: Destination) -> None:
    queue = start_queue(SkippingClock(speed=20))
    queue.publish(url=destination.url + "/job", body="", delay=60)
    destination.wait("/job")
    assert queue.waits == [3]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Upstash-Retries": "-1"}, "Upstash-Retries"),
        ({"Upstash-Retries": "many"}, "Upstash-Retries"),
        ({"Upstash-Delay": "soon"}, "Upstash-Delay"),
        ({"Upstash-Timeout": "5"}, "Upstash-Timeout"),
        ({"Upstash-Not-Before": "tomorrow"}, "Upstash-Not-Before"),
        ({"Upstash-Method": "BREW"}, "Upstash-Method"),
        ({"Upstash-Callback": "example.com/x"}, "callback"),
        ({"Upstash-Failure-Callback": "ftp://example.com/x"}, "failure callback"),
        ({"Upstash-Retry-Delay": "__import__('os')"}, "Upstash-Retry-Delay"),
        ({"Upstash-Redact-Fields": "everything"}, "Upstash-Redact-Fields"),
        (
            {"Upstash-Callback": "http://example.com/x", "Upstash-Callback-Retries": "abc"},
            "callback: invalid Upstash-Retries",
        ),
        (
            {"Upstash-Failure-Callback": "http://example.com/x", "Upstash-Failure-Callback-Timeout": "5"},
            "failure callback: invalid Upstash-Timeout",
        ),
    ],
)
def test_an_option_that_is_not_valid_is_refused_by_name(
    queue: LocalQueue, destination: Destination, headers: dict[str, str], said: str
) -> None:
    answered = queue.http.post(f"/v2/publish/{destination.url}/job", headers={**headers})
    assert answered.status_code == 400
    assert said in answered.json()["error"]


@pytest.mark.parametrize("url", ["example.com/x", "my-group", "ftp://example.com", "http://", "http://x:99999/"])
def test_a_destination_that_is_no_url_is_refused(queue: LocalQueue, url: str) -> None:
    with pytest.raises(QStashError, match=r"status: 400.*invalid destination url"):
        queue.publish(url=url, body="")


def test_a_message_larger_than_the_plan_allows_is_refused(
    queue: LocalQueue, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.qstash.limits.MAX_BODY_BYTES", 1000)
    queue.publish(url=destination.url + "/job", body="x" * 1000)
    with pytest.raises(QStashError, match="status: 413"):
        queue.publish(url=destination.url + "/job", body="x" * 1001)


def test_a_queue_that_is_full_says_so_and_keeps_what_it_has(
    start_queue: StartQueue, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.qstash.limits.MAX_PENDING", 1)
    queue = start_queue()
    queue.publish(url=destination.answer("/job", Answer(pause=0.2)), body="1")
    with pytest.raises(QStashError):
        queue.publish(url=destination.url + "/job", body="2")
    assert [each.body for each in destination.wait("/job")] == [b"1"]
