"""Filters of what is on its way, of dead letters and of logs: the same everywhere."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.qstash.api.filters import of_message
from infra.local.qstash.message import Message
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, eventually

# One message has all of it; each of the others differs in one thing.
OPTIONS: dict[str, str] = {
    "Upstash-Label": "blue, shared",
    "Upstash-Flow-Control-Key": "key",
    "Upstash-Flow-Control-Value": "parallelism=9",
}
FILTERS = {
    "url": ["{url}/a?x=1,2", "{url}/b"],
    "host": ["{host}"],
    "path": ["/a"],
    "label": ["blue", "green,blue"],
    "flowControlKey": ["key"],
    "topicName": ["g", "other,g"],
    "queueName": ["line"],
    "callerIp": ["127.0.0.1"],
    "callerIP": ["127.0.0.1"],
    "messageId": ["{id}"],
}
Publish = Callable[[LocalQueue, dict[str, str]], str]
Given = list[tuple[str, str | int | float | bool | None]]


@pytest.fixture
def publish(destination: Destination) -> Publish:
    """Enqueue a message to a group of one endpoint, which fails; gives its id."""

    def publish(queue: LocalQueue, headers: dict[str, str]) -> str:
        url = destination.answer("/a", Answer(500)) + "?x=1,2"
        queue.client.url_group.upsert_endpoints("g", [{"url": url}])
        [accepted] = queue.http.post(
            "/v2/enqueue/line/g", headers={**OPTIONS, "Upstash-Retries": "0", **headers}
        ).json()
        return str(accepted["messageId"])

    return publish


def _itself(message: Message) -> Message:
    return message


def filled(destination: Destination, message_id: str, name: str) -> list[Given]:
    """The values of one filter: all that match, then one that does not."""
    words = {"url": destination.url, "host": destination.url.removeprefix("http://"), "id": message_id}
    return [[(name, value.format(**words)) for value in values] for values in (FILTERS[name], ["nothing"])]


def test_every_filter_is_tested() -> None:
    known = of_message(_itself).keys() - {"messageIds", "scheduleId"}
    assert known == FILTERS.keys(), "those of a schedule and of several ids have tests of their own"


@pytest.mark.parametrize("name", FILTERS)
def test_messages_on_their_way_are_canceled_by_what_they_are(
    queue: LocalQueue, destination: Destination, publish: Publish, name: str
) -> None:
    message_id = publish(queue, {"Upstash-Delay": "1h"})
    matching, other = filled(destination, message_id, name)

    assert queue.http.delete("/v2/messages", params=other).json() == {"cancelled": 0}
    assert queue.http.request("DELETE", "/v2/messages", json=dict(other)).json() == {"cancelled": 0}
    assert queue.http.delete("/v2/messages", params=matching[:1]).json() == {"cancelled": 1}
    again = publish(queue, {"Upstash-Delay": "1h"})
    matching, _ = filled(destination, again, name)
    assert queue.http.request("DELETE", "/v2/messages", json={name: [matching[-1][1]]}).json() == {
        "cancelled": int(name != "url")
    }


@pytest.mark.parametrize("name", FILTERS)
def test_dead_letters_and_logs_are_listed_by_what_their_message_is(
    queue: LocalQueue, destination: Destination, publish: Publish, name: str
) -> None:
    message_id = publish(queue, {})
    eventually(lambda: queue.client.dlq.list().messages)
    matching, other = filled(destination, message_id, name)
    for path, listed in (("/v2/dlq", "messages"), ("/v2/logs", "logs"), ("/v2/events", "events")):
        found = queue.http.get(path, params=matching).json()[listed]
        assert {each["messageId"] for each in found} == {message_id}
        assert queue.http.get(path, params=other).json()[listed] == []


def test_what_a_schedule_published_is_found_by_it(standing: LocalQueue, destination: Destination) -> None:
    schedule = standing.schedule(destination.answer("/job", Answer(500)), retries=0)
    standing.schedule(destination.url + "/job", retries=0)
    standing.step(30)
    eventually(lambda: len(standing.client.dlq.list().messages) == 2)
    [letter] = standing.client.dlq.list(filter={"schedule_id": schedule}).messages
    logs = standing.client.log.list(filter={"schedule_id": schedule}).logs
    assert {(each.message_id, each.schedule_id) for each in logs} == {(letter.message_id, schedule)}
    assert standing.http.delete(f"/v2/messages?scheduleId={schedule}").json() == {"cancelled": 0}


def test_filters_are_combined_with_and(queue: LocalQueue, publish: Publish) -> None:
    publish(queue, {"Upstash-Delay": "1h"})
    assert queue.http.delete("/v2/messages?label=blue&queueName=other").json() == {"cancelled": 0}
    assert queue.http.delete("/v2/messages?label=blue&queueName=line").json() == {"cancelled": 1}


def test_where_ids_are_given_other_filters_are_ignored(queue: LocalQueue, publish: Publish) -> None:
    message_id = publish(queue, {"Upstash-Delay": "1h"})
    query = {"messageIds": message_id, "label": "none"}
    assert queue.http.delete("/v2/messages", params=query).json() == {"cancelled": 1}


def test_messages_are_canceled_by_when_they_were_created(queue: LocalQueue, publish: Publish) -> None:
    message_id = publish(queue, {"Upstash-Delay": "1h"})
    created = queue.client.message.get(message_id).created_at
    cases: list[tuple[dict[str, int], int]] = [
        ({"fromDate": created + 1}, 0),
        ({"toDate": created - 1}, 0),
        ({"fromDate": created, "toDate": created, "count": 1}, 1),
    ]
    for query, count in cases:
        assert queue.http.delete("/v2/messages", params=query).json() == {"cancelled": count}


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/v2/messages"), ("DELETE", "/v2/dlq"), ("POST", "/v2/dlq/retry")]
)
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"params": {"lable": "blue"}}, "unknown filter: lable"),
        ({"params": {"fromDate": "today"}}, "invalid fromDate"),
        ({"content": b"{"}, "not JSON"),
        ({"json": []}, "not an object"),
        ({"json": {"label": {}}}, "label must be a text"),
        ({"json": {"label": [True]}}, "label must be a text"),
    ],
)
def test_a_selection_that_cannot_be_read_touches_nothing(
    queue: LocalQueue, publish: Publish, method: str, path: str, given: dict[str, Any], said: str
) -> None:
    publish(queue, {})
    eventually(lambda: queue.client.dlq.list().messages)
    publish(queue, {"Upstash-Delay": "1h"})
    answered = queue.http.request(method, path, **given)
    assert (answered.status_code, said in answered.json()["error"]) == (400, True)
    assert (len(queue.service.all_pending()), len(queue.client.dlq.list().messages)) == (1, 1)


def test_several_labels_are_shown_as_a_list_and_in_one(queue: LocalQueue, publish: Publish) -> None:
    shown = queue.http.get(f"/v2/messages/{publish(queue, {'Upstash-Delay': '1h'})}").json()
    assert (shown["labels"], shown["label"]) == (["blue", "shared"], "blue,shared")
