"""URL groups: one publication, a message for each endpoint."""

import asyncio
import json
from typing import Any

import pytest
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.message import EnqueueUrlGroupResponse, PublishUrlGroupResponse
from qstash.url_group import Endpoint, UrlGroup

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, eventually, verify


@pytest.fixture
def group(skipping: LocalQueue, destination: Destination) -> str:
    """A group of /a, named "first", and /b, which has no name."""
    skipping.client.url_group.upsert_endpoints(
        "my-group", [{"url": destination.url + "/a", "name": "first"}, {"url": destination.url + "/b"}]
    )
    return "my-group"


def publish(queue: LocalQueue, **message: Any) -> list[PublishUrlGroupResponse]:
    accepted = queue.client.message.publish(**message)
    assert isinstance(accepted, list)
    return accepted


def test_a_group_lists_its_endpoints(skipping: LocalQueue, group: str, destination: Destination) -> None:
    found = skipping.client.url_group.get(group)
    assert (found.name, found.endpoints) == (
        group,
        [Endpoint(destination.url + "/a", "first"), Endpoint(destination.url + "/b", None)],
    )
    assert 0 < found.created_at == found.updated_at
    assert skipping.client.url_group.list() == [found]


def test_an_endpoint_is_known_by_its_name_and_by_its_url(
    skipping: LocalQueue, group: str, destination: Destination
) -> None:
    skipping.skip(5)
    skipping.client.url_group.upsert_endpoints(
        group, [{"url": destination.url + "/c", "name": "first"}, {"url": destination.url + "/b", "name": "second"}]
    )
    found = skipping.client.url_group.get(group)
    assert found.endpoints == [Endpoint(destination.url + "/c", "first"), Endpoint(destination.url + "/b", "second")]
    assert found.updated_at - found.created_at >= 5000


def test_endpoints_are_removed_by_name_or_url_and_the_group_with_the_last(
    skipping: LocalQueue, group: str, destination: Destination
) -> None:
    skipping.client.url_group.remove_endpoints(group, [{"name": "first"}])
    assert [each.url for each in skipping.client.url_group.get(group).endpoints] == [destination.url + "/b"]
    skipping.client.url_group.remove_endpoints(group, [{"url": destination.url + "/b"}])
    assert skipping.client.url_group.list() == []
    with pytest.raises(QStashError, match="status: 404"):
        skipping.client.url_group.remove_endpoints(group, [{"name": "first"}])


def test_a_deleted_group_is_gone_and_its_messages_stay(
    skipping: LocalQueue, group: str, destination: Destination, queue: LocalQueue
) -> None:
    destination.answer("/a", Answer(200, pause=0.1))
    publish(skipping, url_group=group, body="x")
    skipping.client.url_group.delete(group)
    with pytest.raises(QStashError, match="status: 404"):
        skipping.client.url_group.get(group)
    with pytest.raises(QStashError, match="status: 400"):
        publish(skipping, url_group=group, body="y")
    skipping.settle()
    assert [each.body for each in destination.wait("/a")] == [b"x"]


def test_a_publication_goes_to_each_endpoint_as_a_message_of_its_own(
    skipping: LocalQueue, group: str, destination: Destination
) -> None:
    accepted = publish(skipping, url_group=group, body="x", headers={"A": "1"})
    assert [each.url for each in accepted] == [destination.url + "/a", destination.url + "/b"]
    received = [*destination.wait("/a"), *destination.wait("/b")]
    assert [each.headers["upstash-message-id"] for each in received] == [each.message_id for each in accepted]
    assert {(each.body, each.headers["a"]) for each in received} == {(b"x", "1")}
    for each in received:
        verify(each)


def test_json_is_published_and_enqueued_to_a_group(skipping: LocalQueue, group: str, destination: Destination) -> None:
    published = skipping.client.message.publish_json(url_group=group, body={"id": 1})
    enqueued = skipping.client.message.enqueue_json(queue="q", url_group=group, body={"id": 1})
    assert isinstance(published, list)
    assert isinstance(enqueued, list)
    assert all(isinstance(each, EnqueueUrlGroupResponse) for each in enqueued)
    assert [each.body for each in destination.wait("/a", 2) + destination.wait("/b", 2)] == [b'{"id": 1}'] * 4


def test_one_endpoint_fails_without_the_others(skipping: LocalQueue, group: str, destination: Destination) -> None:
    destination.answer("/a", Answer(500))
    publish(skipping, url_group=group, body="x", retries=2)
    eventually(lambda: skipping.client.dlq.list().messages)
    skipping.settle()
    assert (len(destination.at("/a")), len(destination.at("/b"))) == (3, 1)


def test_message_log_dead_letter_and_callback_name_group_and_endpoint(
    skipping: LocalQueue, group: str, destination: Destination
) -> None:
    destination.answer("/a", Answer(500))
    failing, _ = publish(
        skipping, url_group=group, body="x", retries=0, failure_callback=destination.url + "/failed", delay=1
    )
    [called] = destination.wait("/failed")
    report = json.loads(called.body)
    [letter] = skipping.client.dlq.list(filter={"url_group": group}).messages
    logs = skipping.client.log.list(filter={"url_group": group, "message_id": failing.message_id}).logs

    assert (report["topicName"], report["endpointName"]) == (group, "first")
    assert (letter.url_group, letter.endpoint, letter.message_id) == (group, "first", failing.message_id)
    assert logs
    assert {(each.url_group, each.endpoint) for each in logs} == {(group, "first")}
    assert skipping.client.log.list(filter={"url_group": "another"}).logs == []


def test_a_message_on_its_way_names_its_group(queue: LocalQueue, destination: Destination) -> None:
    queue.client.url_group.upsert_endpoints("my-group", [{"url": destination.url + "/a", "name": "first"}])
    [accepted] = publish(queue, url_group="my-group", body="", delay="1h")
    message = queue.client.message.get(accepted.message_id)
    assert (message.url_group, message.endpoint, message.url) == ("my-group", "first", destination.url + "/a")


@pytest.mark.parametrize("option", [{"deduplication_id": "once"}, {"content_based_deduplication": True}])
def test_a_duplicate_is_one_to_each_endpoint(
    skipping: LocalQueue, group: str, destination: Destination, option: dict[str, Any]
) -> None:
    first = publish(skipping, url_group=group, body="x", **option)
    again = publish(skipping, url_group=group, body="x", **option)
    assert [each.deduplicated for each in first + again] == [False, False, True, True]
    assert [each.message_id for each in first] == [each.message_id for each in again]
    skipping.settle()
    assert (len(destination.at("/a")), len(destination.at("/b"))) == (1, 1)


def test_where_not_all_endpoints_have_room_none_is_sent_to(
    start_queue: StartQueue, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.qstash.limits.MAX_PENDING", 1)
    queue = start_queue()
    queue.client.url_group.upsert_endpoints("g", [{"url": destination.url + path} for path in ("/a", "/b")])
    with pytest.raises(QStashError):
        publish(queue, url_group="g", body="")
    assert queue.service.all_pending() == []


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a group", {"endpoints": [{"url": "https://example.com"}]}, "url group name is invalid"),
        ("g", {"endpoints": [{"url": "example.com"}]}, "invalid endpoint url"),
        ("g", {"endpoints": [{"name": "first"}]}, "url of the endpoint is missing"),
        ("g", {"endpoints": []}, "endpoints are missing"),
        ("g", {"endpoints": ["https://example.com"]}, "an endpoint is an object"),
        ("g", {"endpoints": [{"url": 1}]}, "an endpoint is an object"),
        ("g", {}, "endpoints are missing"),
    ],
)
def test_what_makes_no_group_is_refused(queue: LocalQueue, name: str, body: object, said: str) -> None:
    answered = queue.http.post(f"/v2/topics/{name}/endpoints", json=body)
    assert answered.status_code == 400
    assert said in answered.json()["error"]
    assert queue.client.url_group.list() == []


@pytest.mark.parametrize(("limit", "named"), [("MAX_ENDPOINTS", "endpoints"), ("MAX_URL_GROUPS", "url groups")])
def test_there_is_a_limit(queue: LocalQueue, monkeypatch: pytest.MonkeyPatch, limit: str, named: str) -> None:
    monkeypatch.setattr(f"infra.local.qstash.limits.{limit}", 1)
    queue.client.url_group.upsert_endpoints("one", [{"url": "https://example.com/1"}])
    name = "one" if named == "endpoints" else "two"
    with pytest.raises(QStashError, match=f"status: 412.*{named}"):
        queue.client.url_group.upsert_endpoints(name, [{"url": "https://example.com/2"}])


def test_the_async_client_has_all_of_it(queue: LocalQueue, destination: Destination) -> None:
    async def story() -> tuple[UrlGroup, list[UrlGroup], list[UrlGroup]]:
        client = AsyncQStash(DEVELOPMENT_TOKEN, retry=False, base_url=queue.url)
        groups = client.url_group
        await groups.upsert_endpoints("g", [{"url": destination.url + path} for path in ("/a", "/b")])
        await groups.remove_endpoints("g", [{"url": destination.url + "/a"}])
        found, listed = await groups.get("g"), await groups.list()
        await groups.delete("g")
        left = await groups.list()
        await client.http._client.aclose()
        return found, listed, left

    found, listed, left = asyncio.run(story())
    assert [each.url for each in found.endpoints] == [destination.url + "/b"]
    assert (listed, left) == ([found], [])
