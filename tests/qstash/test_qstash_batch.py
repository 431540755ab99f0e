"""A batch: several messages in one request, each as if it were alone."""

import asyncio
from typing import Any

import pytest
from qstash import AsyncQStash
from qstash.message import BatchResponse

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Destination
from tests.qstash.servers import LocalQueue, eventually, verify


def test_each_message_of_a_batch_is_delivered_as_if_it_were_alone(queue: LocalQueue, destination: Destination) -> None:
    answered = queue.client.message.batch(
        [
            {"url": destination.url + "/a", "body": "one", "headers": {"X-Mine": "yes"}, "content_type": "text/plain"},
            {"url": destination.url + "/b", "method": "PUT", "label": "second"},
        ]
    )
    [first], [second] = destination.wait("/a"), destination.wait("/b")
    assert (first.body, first.headers["x-mine"], first.headers["content-type"]) == (b"one", "yes", "text/plain")
    assert (second.method, second.body) == ("PUT", b"")
    verify(first)
    ids = [each.message_id for each in answered if isinstance(each, BatchResponse)]
    assert ids == [first.headers["upstash-message-id"], second.headers["upstash-message-id"]]
    eventually(lambda: len(queue.client.log.list(filter={"label": "second"}).logs) > 0)


def test_bodies_of_a_json_batch_are_json(queue: LocalQueue, destination: Destination) -> None:
    queue.client.message.batch_json([{"url": destination.url + "/a", "body": {"n": [1, None]}}])
    [received] = destination.wait("/a")
    assert (received.body, received.headers["content-type"]) == (b'{"n": [1, null]}', "application/json")


def test_groups_and_queues_stand_beside_urls(queue: LocalQueue, destination: Destination) -> None:
    queue.client.url_group.upsert_endpoints("g", [{"url": destination.url + path} for path in ("/a", "/b")])
    group, queued = queue.client.message.batch(
        [{"url_group": "g", "body": "to both"}, {"url": destination.url + "/c", "queue": "line"}]
    )
    assert isinstance(group, list)
    assert [each.url for each in group] == [destination.url + "/a", destination.url + "/b"]
    assert [destination.wait(path)[0].body for path in ("/a", "/b", "/c")] == [b"to both", b"to both", b""]
    assert isinstance(queued, BatchResponse)
    assert [each.name for each in queue.client.queue.list()] == ["line"]


def test_a_duplicate_in_a_batch_is_named(queue: LocalQueue, destination: Destination) -> None:
    message: Any = {"url": destination.url + "/a", "deduplication_id": "once"}
    answered = queue.client.message.batch([message, message])
    assert [each.deduplicated for each in answered if isinstance(each, BatchResponse)] == [False, True]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "a batch is a list"),
        ([1], "has a destination"),
        ([{}], "has a destination"),
        ([{"destination": 1}], "has a destination"),
        ([{"destination": "https://example.com", "headers": ["x"]}], "headers are an object of texts"),
        ([{"destination": "https://example.com", "headers": {"x": 1}}], "headers are an object of texts"),
        ([{"destination": "https://example.com", "body": {}}], "body and queue are texts"),
    ],
)
def test_what_is_no_batch_is_refused(queue: LocalQueue, body: object, said: str) -> None:
    answered = queue.http.post("/v2/batch", json=body)
    assert (answered.status_code, said in answered.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"destination": "no-url"}, "invalid destination url: endpoint has invalid scheme"),
        ({"destination": "https://example.com", "headers": {"Upstash-Retries": "many"}}, "Upstash-Retries"),
        ({"destination": "https://example.com", "headers": {"Upstash-Cron": "* * * * *"}}, "cannot be created"),
        ({"destination": "https://example.com", "queue": "no name"}, "queue name is invalid"),
        ({"destination": "https://example.com", "body": "x" * 101}, "larger than 100 bytes"),
    ],
)
def test_a_wrong_message_has_an_error_and_the_others_are_sent(
    queue: LocalQueue, destination: Destination, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr("infra.local.qstash.limits.MAX_BODY_BYTES", 100)
    messages = [{"destination": destination.url + "/a"}, wrong, {"destination": destination.url + "/b"}]
    answered = queue.http.post("/v2/batch", json=messages)
    assert answered.status_code == 200
    first, refused, second = answered.json()
    assert said in refused["error"]
    assert destination.wait("/a")[0].headers["upstash-message-id"] == first["messageId"]
    assert destination.wait("/b")[0].headers["upstash-message-id"] == second["messageId"]


def test_text_beyond_latin_1_and_half_a_character_do_no_harm(queue: LocalQueue, destination: Destination) -> None:
    message = (
        f'[{{"destination": "{destination.url}/a", "body": "\\ud800", "headers": {{"Upstash-Forward-A": "\u2713"}}}}]'
    )
    assert queue.http.post("/v2/batch", content=message.encode()).status_code == 200
    [received] = destination.wait("/a")
    assert (received.body, received.headers["a"].encode("latin-1").decode()) == (b"?", "\u2713")


def test_the_async_client_batches_too(queue: LocalQueue, destination: Destination) -> None:
    async def batch() -> list[Any]:
        client = AsyncQStash(DEVELOPMENT_TOKEN, retry=False, base_url=queue.url)
        raw = await client.message.batch([{"url": destination.url + "/a", "body": "one"}])
        json = await client.message.batch_json([{"url": destination.url + "/b", "body": 2}])
        await client.http._client.aclose()
        return raw + json

    ids = [each.message_id for each in asyncio.run(batch())]
    [first], [second] = destination.wait("/a"), destination.wait("/b")
    assert [(first.body), (second.body)] == [b"one", b"2"]
    assert [each.headers["upstash-message-id"] for each in (first, second)] == ids
