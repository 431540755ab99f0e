"""Dead letters: list, read, retry, delete."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from qstash import AsyncQStash
from qstash.dlq import DlqFilter, DlqMessage
from qstash.errors import QStashError

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, eventually

Fail = Callable[..., DlqMessage]


@pytest.fixture
def fail(skipping: LocalQueue, destination: Destination) -> Fail:
    """Publish a message that fails for good; gives its dead letter."""

    def publish(path: str = "/job", status: int = 500, **options: Any) -> DlqMessage:
        url = destination.answer(path, Answer(status, {"X-Why": "no"}, b"broken"))
        accepted = skipping.publish(**{"url": url, "body": "x", "retries": 0, **options})

        def found() -> list[DlqMessage]:
            return skipping.client.dlq.list(filter={"message_id": accepted.message_id}).messages

        eventually(found)
        return found()[0]

    return publish


def test_a_dead_letter_tells_the_message_and_the_last_answer(skipping: LocalQueue, fail: Fail) -> None:
    letter = fail(status=418, retries=1, label="l", headers={"A": "1"}, retry_delay="1000")
    assert (letter.response_status, letter.response_body) == (418, "broken")
    assert letter.response_headers
    assert letter.response_headers["X-Why"] == ["no"]
    assert (letter.body, letter.headers, letter.max_retries) == ("x", {"A": ["1"]}, 1)
    assert (letter.label, letter.retry_delay_expression, letter.method) == ("l", "1000", "POST")
    assert skipping.client.dlq.get(letter.dlq_id) == letter


def test_bytes_that_are_not_text_come_in_base64(skipping: LocalQueue, fail: Fail) -> None:
    letter = fail(body=b"\xff\x00")
    assert (letter.body, letter.body_base64) == (None, "/wA=")


def test_the_async_client_lists_them_too(skipping: LocalQueue, fail: Fail) -> None:
    letter = fail()

    async def listed() -> list[DlqMessage]:
        client = AsyncQStash(DEVELOPMENT_TOKEN, retry=False, base_url=skipping.url)
        page = await client.dlq.list()
        await client.http._client.aclose()
        return page.messages

    assert [each.dlq_id for each in asyncio.run(listed())] == [letter.dlq_id]


def test_the_list_is_earliest_first_in_pages(skipping: LocalQueue, fail: Fail) -> None:
    letters = [fail(path=f"/job{number}") for number in range(3)]
    first = skipping.client.dlq.list(count=2)
    second = skipping.client.dlq.list(count=2, cursor=first.cursor)
    assert [each.dlq_id for each in first.messages + second.messages] == [each.dlq_id for each in letters]
    assert second.cursor is None
    latest = skipping.http.get("/v2/dlq?order=latestFirst&count=1").json()
    assert [each["dlqId"] for each in latest["messages"]] == [letters[2].dlq_id]
    assert skipping.http.get("/v2/dlq?order=random").status_code == 400


def test_the_list_is_filtered(skipping: LocalQueue, fail: Fail, destination: Destination) -> None:
    wanted = fail(path="/a", status=503, label="mine")
    fail(path="/b")
    conditions: list[DlqFilter] = [
        {"message_id": wanted.message_id},
        {"url": destination.url + "/a"},
        {"label": "mine"},
        {"response_status": 503},
        {"label": "mine", "from_time": wanted.created_at, "to_time": wanted.created_at + 60_000},
    ]
    for condition in conditions:
        assert [each.dlq_id for each in skipping.client.dlq.list(filter=condition).messages] == [wanted.dlq_id]
    assert skipping.client.dlq.list(filter={"queue": "q", "label": "none"}).messages == []


def test_a_retry_publishes_the_message_anew_and_removes_the_letter(
    skipping: LocalQueue, fail: Fail, destination: Destination
) -> None:
    letter = fail(headers={"A": "1"}, deduplication_id="once", body="payload")
    destination.answer("/job", Answer(200))
    answered = skipping.http.post(f"/v2/dlq/retry/{letter.dlq_id}")

    assert answered.status_code == 201
    _, second = destination.wait("/job", 2)
    assert second.headers["upstash-message-id"] == answered.json()["messageId"] != letter.message_id
    assert (second.body, second.headers["a"], second.headers["upstash-retried"]) == (b"payload", "1", "0")
    assert skipping.client.dlq.list().messages == []


def test_a_retry_may_change_the_options(skipping: LocalQueue, fail: Fail, destination: Destination) -> None:
    letter = fail(failure_callback=destination.url + "/failed")
    skipping.http.post(f"/v2/dlq/retry/{letter.dlq_id}", headers={"Upstash-Retries": "2"})
    destination.wait("/job", 4)
    destination.wait("/failed", 2)
    assert skipping.client.dlq.list().messages[0].max_retries == 2


def test_several_are_retried_at_once_or_none(skipping: LocalQueue, fail: Fail, destination: Destination) -> None:
    ids = [fail(path=f"/job{number}").dlq_id for number in range(2)]
    for number in range(2):
        destination.answer(f"/job{number}", Answer(200))
    assert skipping.http.post("/v2/dlq/retry", json={"dlqIds": [*ids, "0-0"]}).status_code == 404
    answered = skipping.http.post("/v2/dlq/retry", params={"dlqIds": ids})
    assert answered.status_code == 201
    assert len(answered.json()["responses"]) == 2
    destination.wait("/job0", 2)
    destination.wait("/job1", 2)


def test_letters_are_deleted(skipping: LocalQueue, fail: Fail) -> None:
    ids = [fail(path=f"/job{number}").dlq_id for number in range(3)]
    skipping.client.dlq.delete(ids[0])
    assert skipping.client.dlq.delete_many([ids[1], "0-0"]) == 1
    assert [each.dlq_id for each in skipping.client.dlq.list().messages] == [ids[2]]


@pytest.mark.parametrize("call", ["get", "delete"])
def test_an_unknown_letter_is_not_found(queue: LocalQueue, call: str) -> None:
    with pytest.raises(QStashError, match="status: 404"):
        getattr(queue.client.dlq, call)("0-0")


def test_only_the_newest_are_kept(
    start_queue: StartQueue, monkeypatch: pytest.MonkeyPatch, destination: Destination
) -> None:
    monkeypatch.setattr("infra.local.qstash.dead_letters.MAX_DEAD_LETTERS", 2)
    queue = start_queue()
    url = destination.answer("/job", Answer(500))
    for number in range(3):
        queue.publish(url=url, body=str(number), retries=0)
        queue.settle()
    assert [each.body for each in queue.client.dlq.list().messages] == ["1", "2"]
