"""Logs, events and redaction."""

import base64
import hashlib
from typing import Any

import pytest
from qstash.log import LogState

from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, eventually


@pytest.fixture
def story(skipping: LocalQueue, destination: Destination) -> str:
    """A message that fails once and is then delivered."""
    url = destination.answer("/job", Answer(500, {"X-Why": "no"}, b"broken"), Answer(200))
    accepted = skipping.publish(url=url, body="x", label="mine", retry_delay="1000", timeout=9)
    skipping.settle()
    return accepted.message_id


def test_the_log_tells_a_messages_life_newest_first(skipping: LocalQueue, story: str) -> None:
    logs = skipping.client.log.list().logs
    assert [log.state.value for log in logs] == ["DELIVERED", "ACTIVE", "RETRY", "ERROR", "ACTIVE", "CREATED"]
    assert {log.message_id for log in logs} == {story}
    error = logs[3]
    assert error.response_headers
    assert error.next_delivery_time
    assert (error.response_status, base64.b64decode(error.response_body or "")) == (500, b"broken")
    assert error.response_headers["X-Why"] == ["no"]
    assert error.error == "status 500"
    assert 900 <= error.next_delivery_time - error.time <= 1100
    assert (error.timeout, error.retry_delay_expression, error.label) == (9000, "1000", "mine")
    assert base64.b64decode(error.body_base64 or "") == b"x"


def test_failed_and_canceled_are_told(skipping: LocalQueue, queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500))
    skipping.publish(url=url, body="", retries=0)
    skipping.settle()
    assert skipping.client.log.list().logs[0].state == LogState.FAILED

    accepted = queue.publish(url=url, body="", delay="1h")
    queue.client.message.cancel(accepted.message_id)
    eventually(lambda: queue.service.carried == 0)
    states = [log.state for log in queue.client.log.list().logs]
    assert states == [LogState.CANCELED, LogState.CANCEL_REQUESTED, LogState.CREATED]


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ({"state": LogState.DELIVERED}, 1),
        ({"state": LogState.IN_PROGRESS}, 4),
        ({"label": "mine"}, 6),
        ({"label": "other"}, 0),
        ({"message_id": "msg_other"}, 0),
        ({"from_time": 1, "to_time": 2}, 0),
    ],
)
def test_the_log_is_filtered(skipping: LocalQueue, story: str, condition: Any, count: int) -> None:
    assert len(skipping.client.log.list(filter=condition).logs) == count
    assert len(skipping.client.log.list(filter={"message_ids": [story, "msg_other"]}).logs) == 6


def test_the_log_is_paged_and_both_paths_give_it(skipping: LocalQueue, story: str) -> None:
    first = skipping.client.log.list(count=4)
    second = skipping.client.log.list(count=4, cursor=first.cursor)
    assert (len(first.logs), len(second.logs), second.cursor) == (4, 2, None)
    answered = skipping.http.get("/v2/logs?count=1&order=earliestFirst").json()
    assert answered["logs"][0]["state"] == "CREATED"


@pytest.mark.parametrize("query", ["count=x", "cursor=-1", "fromDate=today"])
def test_a_query_that_cannot_be_read_is_refused(queue: LocalQueue, query: str) -> None:
    assert queue.http.get(f"/v2/logs?{query}").status_code == 400


def test_redacted_fields_are_sent_but_never_shown(skipping: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500))
    accepted = skipping.publish(
        url=url,
        body="canary-body",
        headers={"Authorization": "canary-header", "X-Open": "open"},
        retries=0,
        redact={"body": True, "header": ["Authorization"]},
        failure_callback=destination.url + "/failed",
    )
    [received], [report] = destination.wait("/job"), destination.wait("/failed")
    assert (received.body, received.headers["authorization"]) == (b"canary-body", "canary-header")

    shown = skipping.http.get("/v2/dlq").text + skipping.http.get("/v2/logs").text + report.body.decode()
    for secret in (b"canary-body", b"canary-header"):
        assert secret.decode() not in shown
        assert base64.b64encode(secret).decode() not in shown
    [letter] = skipping.client.dlq.list(filter={"message_id": accepted.message_id}).messages
    assert letter.body == "REDACTED:" + hashlib.sha256(b"canary-body").hexdigest()
    assert letter.headers
    assert letter.headers["Authorization"] == ["REDACTED:" + hashlib.sha256(b"canary-header").hexdigest()]
    assert letter.headers["X-Open"] == ["open"]


def test_all_headers_can_be_redacted(queue: LocalQueue, destination: Destination) -> None:
    accepted = queue.publish(
        url=destination.url + "/job", body="seen", headers={"A": "canary"}, redact={"header": True}, delay="1h"
    )
    message = queue.client.message.get(accepted.message_id)
    assert message.body == "seen"
    assert message.headers
    assert message.headers["A"][0].startswith("REDACTED:")


def test_a_retried_dead_letter_carries_the_original_values(skipping: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500))
    skipping.publish(url=url, body="canary", retries=0, redact={"body": True})
    eventually(lambda: skipping.client.dlq.list().messages)
    [letter] = skipping.client.dlq.list().messages
    skipping.http.post(f"/v2/dlq/retry/{letter.dlq_id}")
    assert [each.body for each in destination.wait("/job", 2)] == [b"canary", b"canary"]


def test_only_the_last_entries_are_kept(
    start_queue: StartQueue, monkeypatch: pytest.MonkeyPatch, destination: Destination
) -> None:
    monkeypatch.setattr("infra.local.qstash.journal.MAX_LOGS", 4)
    queue = start_queue()
    for _ in range(3):
        queue.publish(url=destination.url + "/job", body="")
        queue.settle()
    assert len(queue.client.log.list().logs) == 4
