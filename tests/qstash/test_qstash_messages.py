"""Messages on their way: look, cancel."""

from collections.abc import Callable
from typing import Any

import pytest
from qstash.errors import QStashError

from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, eventually

Waiting = Callable[..., str]


@pytest.fixture
def waiting(queue: LocalQueue, destination: Destination) -> Waiting:
    """Publish a message that waits an hour; gives its id."""

    def publish(**options: Any) -> str:
        return queue.publish(**{"url": destination.url + "/job", "body": "x", "delay": "1h", **options}).message_id

    return publish


def test_a_waiting_message_can_be_read(queue: LocalQueue, destination: Destination, waiting: Waiting) -> None:
    message_id = waiting(
        body="text", headers={"A": "1"}, retries=2, retry_delay="1000", label="l", callback=destination.url + "/back"
    )
    message = queue.client.message.get(message_id)
    assert (message.message_id, message.url) == (message_id, destination.url + "/job")
    assert (message.body, message.headers, message.method, message.max_retries) == ("text", {"A": ["1"]}, "POST", 2)
    assert (message.retry_delay_expression, message.label, message.caller_ip) == ("1000", "l", "127.0.0.1")
    assert message.callback == destination.url + "/back"
    assert message.failure_callback is None
    assert message.not_before - message.created_at == 3_600_000


def test_a_delivered_message_is_gone(queue: LocalQueue, destination: Destination) -> None:
    accepted = queue.publish(url=destination.url + "/job", body="")
    queue.settle()
    with pytest.raises(QStashError, match="status: 404"):
        queue.client.message.get(accepted.message_id)


def test_a_canceled_message_is_not_sent(queue: LocalQueue, destination: Destination, waiting: Waiting) -> None:
    message_id = waiting()
    task_count = queue.service.carried
    queue.client.message.cancel(message_id)
    with pytest.raises(QStashError, match="status: 404"):
        queue.client.message.cancel(message_id)
    eventually(lambda: queue.service.carried == task_count - 1)
    assert destination.at("/job") == []


def test_a_message_canceled_between_attempts_is_not_tried_again(queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500))
    accepted = queue.publish(url=url, body="", failure_callback=destination.url + "/failed")
    destination.wait("/job")
    queue.client.message.cancel(accepted.message_id)
    eventually(lambda: queue.service.carried == 0)
    assert len(destination.at("/job")) == 1
    assert destination.at("/failed") == []
    assert queue.client.dlq.list().messages == []


def test_canceling_does_not_cut_off_an_attempt_under_way(queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(200, pause=0.1))
    accepted = queue.publish(url=url, body="", callback=destination.url + "/back")
    destination.wait("/job")
    queue.client.message.cancel(accepted.message_id)
    destination.wait("/back")


def test_several_are_canceled_and_unknown_ones_passed_over(queue: LocalQueue, waiting: Waiting) -> None:
    ids = [waiting(), waiting(), waiting()]
    assert queue.client.message.cancel_many([ids[0], ids[1], "msg_unknown"]) == 2
    assert queue.client.message.get(ids[2]).message_id == ids[2]


def test_all_are_canceled_when_none_is_named(queue: LocalQueue, waiting: Waiting) -> None:
    for _ in range(3):
        waiting()
    assert queue.client.message.cancel_all() == 3
    assert queue.client.message.cancel_all() == 0


def test_an_empty_list_cancels_all_as_documented(queue: LocalQueue, waiting: Waiting) -> None:
    waiting()
    assert queue.client.message.cancel_many([]) == 1


def test_a_cancellation_is_answered_with_202_and_a_count(queue: LocalQueue, waiting: Waiting) -> None:
    answered = queue.http.delete(f"/v2/messages/{waiting()}")
    assert (answered.status_code, answered.json()) == (202, {"cancelled": 1})


def test_what_goes_wrong_inside_is_logged_and_the_server_goes_on(
    queue: LocalQueue, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.qstash.courier.send", None)
    queue.publish(url=destination.url + "/job", body="")
    queue.settle()
    monkeypatch.undo()
    queue.publish(url=destination.url + "/job", body="")
    destination.wait("/job")
    queue.settle()
