"""Dead letters, many at once: deleted and retried by filter, in pages."""

import pytest

from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, eventually


@pytest.fixture
def letters(queue: LocalQueue, destination: Destination) -> list[str]:
    """Five dead letters, earliest first; the last two are labeled "late"."""
    url = destination.answer("/job", Answer(500))
    for number in range(5):
        queue.publish(url=url, body=str(number), retries=0, label="late" if number > 2 else "early")
        queue.settle()
    eventually(lambda: len(queue.client.dlq.list().messages) == 5)
    destination.answer("/job", Answer(200))
    return [each.dlq_id for each in queue.client.dlq.list().messages]


def left(queue: LocalQueue) -> list[str]:
    return [each.dlq_id for each in queue.client.dlq.list().messages]


def test_those_that_pass_a_filter_are_deleted(queue: LocalQueue, letters: list[str]) -> None:
    assert queue.http.delete("/v2/dlq?label=late&responseStatus=500").json() == {"deleted": 2}
    assert queue.http.delete("/v2/dlq?responseStatus=503").json() == {"deleted": 0}
    assert left(queue) == letters[:3]


def test_all_are_deleted_page_by_page(queue: LocalQueue, letters: list[str]) -> None:
    counts: list[int] = []
    query = {"count": "2"}
    while True:
        answered = queue.http.delete("/v2/dlq", params=query).json()
        counts.append(answered["deleted"])
        if "cursor" not in answered:
            break
        query = {"count": "2", "cursor": answered["cursor"]}
    assert (counts, left(queue)) == ([2, 2, 1], [])


def test_a_page_has_a_limit(queue: LocalQueue, letters: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.qstash.api.dlq._MOST", 2)
    assert len(queue.client.dlq.list(count=5).messages) == 2
    assert queue.http.delete("/v2/dlq").json()["deleted"] == 2


def test_an_empty_list_deletes_none(queue: LocalQueue, letters: list[str]) -> None:
    assert queue.client.dlq.delete_many([]) == 0
    assert left(queue) == letters


def test_those_that_pass_a_filter_are_retried(queue: LocalQueue, letters: list[str], destination: Destination) -> None:
    answered = queue.http.post("/v2/dlq/retry?label=late", headers={"Upstash-Label": "again"})
    assert (answered.status_code, answered.json().keys()) == (201, {"responses"})
    received = destination.wait("/job", 7)[5:]
    assert {each.body for each in received} == {b"3", b"4"}
    assert {each.headers["upstash-message-id"] for each in received} == {
        each["messageId"] for each in answered.json()["responses"]
    }
    assert left(queue) == letters[:3]
    assert queue.client.log.list(filter={"label": "again"}).logs


def test_all_are_retried_page_by_page(queue: LocalQueue, letters: list[str], destination: Destination) -> None:
    first = queue.http.post("/v2/dlq/retry?count=3").json()
    second = queue.http.post("/v2/dlq/retry", params={"cursor": first["cursor"]}).json()
    assert (len(first["responses"]), len(second["responses"]), "cursor" in second) == (3, 2, False)
    assert len(destination.wait("/job", 10)) == 10
    assert left(queue) == []


def test_ids_come_in_query_or_body_and_other_filters_are_then_ignored(queue: LocalQueue, letters: list[str]) -> None:
    in_query = {"dlqIds": ",".join(letters[:2]), "label": "none"}
    assert queue.http.delete("/v2/dlq", params=in_query).json() == {"deleted": 2}
    in_body = {"dlqIds": letters[2:4], "label": "none"}
    assert queue.http.request("DELETE", "/v2/dlq", json=in_body).json() == {"deleted": 2}
    assert left(queue) == letters[4:]
