"""URL groups: created, changed, listed, emptied, deleted."""

import asyncio
from typing import Any

import pytest
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.message import PublishUrlGroupResponse
from qstash.url_group import Endpoint, UrlGroup

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue


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
