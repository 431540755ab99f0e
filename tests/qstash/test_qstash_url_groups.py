"""URL groups: one publication, a message for each endpoint."""

import json
from typing import Any

import pytest
from qstash.errors import QStashError
from qstash.message import EnqueueUrlGroupResponse, PublishUrlGroupResponse

from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, eventually, verify


def publish(queue: LocalQueue, **message: Any) -> list[PublishUrlGroupResponse]:
    accepted = queue.client.message.publish(**message)
    assert isinstance(accepted, list)
    return accepted


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
    assert queue.client.log.list().logs == []


def test_only_where_all_are_duplicates_is_the_answer_202(skipping: LocalQueue, group: str) -> None:
    def publish_once() -> int:
        headers = {"Upstash-Deduplication-Id": "once"}
        return skipping.http.post(f"/v2/publish/{group}", headers=headers).status_code

    assert [publish_once(), publish_once()] == [200, 202]
    skipping.client.url_group.upsert_endpoints(group, [{"url": "http://127.0.0.1:1/"}])
    assert publish_once() == 200
