"""Callbacks after each attempt, failure callbacks when all is lost."""

import base64
import json

import pytest
from qstash.message import PublishResponse

from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, eventually, verify


def test_a_callback_brings_the_answer(queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(201, {"X-Test": "yes"}, b"\xffdone"))
    accepted = queue.client.message.publish_json(
        url=url, body={"id": 1}, callback=destination.url + "/back", headers={"X-Mine": "1"}, retries=2
    )

    assert isinstance(accepted, PublishResponse)
    [called] = destination.wait("/back")
    verify(called)
    assert (called.method, called.headers["content-type"]) == ("POST", "application/json")
    assert called.headers["upstash-message-id"] != accepted.message_id
    report = json.loads(called.body)
    assert base64.b64decode(report["body"]) == b"\xffdone"
    assert report["header"]["X-Test"] == ["yes"]
    assert base64.b64decode(report["sourceBody"]) == b'{"id": 1}'
    assert report["sourceHeader"] == {"Content-Type": ["application/json"], "X-Mine": ["1"]}
    assert abs(int(report["notBefore"]) - int(report["createdAt"])) < 5
    assert {name: report[name] for name in ("status", "retried", "maxRetries", "url", "method", "callerIP")} == {
        "status": 201,
        "retried": 0,
        "maxRetries": 2,
        "url": url,
        "method": "POST",
        "callerIP": "127.0.0.1",
    }
    assert report["sourceMessageId"] == accepted.message_id
    assert "dlqId" not in report


def test_a_callback_follows_each_attempt(skipping: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500), Answer(503), Answer(200))
    skipping.publish(url=url, body="", callback=destination.url + "/back")
    reports = [json.loads(called.body) for called in destination.wait("/back", 3)]
    assert [(report["status"], report["retried"]) for report in reports] == [(500, 0), (503, 1), (200, 2)]


def test_a_failure_callback_comes_once_with_the_dead_letters_id(skipping: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500, body=b"broken"))
    accepted = skipping.publish(
        url=url, body="x", retries=2, failure_callback=destination.url + "/failed", callback=destination.url + "/back"
    )
    [called] = destination.wait("/failed")
    destination.wait("/back", 3)
    report = json.loads(called.body)
    assert (report["status"], report["retried"], report["maxRetries"]) == (500, 2, 2)
    assert base64.b64decode(report["body"]) == b"broken"
    letter = skipping.client.dlq.get(report["dlqId"])
    assert letter.message_id == report["sourceMessageId"] == accepted.message_id
    skipping.settle()
    assert len(destination.at("/failed")) == 1


def test_a_success_makes_no_failure_callback(skipping: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500), Answer(200))
    skipping.publish(url=url, body="", failure_callback=destination.url + "/failed")
    skipping.settle()
    assert destination.at("/failed") == []


def test_where_nothing_answered_the_status_is_0_and_the_body_says_why(
    skipping: LocalQueue, destination: Destination
) -> None:
    skipping.publish(url="http://127.0.0.1:1/", body="", retries=0, failure_callback=destination.url + "/failed")
    report = json.loads(destination.wait("/failed")[0].body)
    assert (report["status"], report["header"]) == (0, {})
    assert base64.b64decode(report["body"]).startswith(b"ConnectError")


@pytest.mark.parametrize("kind", ["callback", "failure_callback"])
def test_callbacks_are_configured_by_headers_of_their_own(
    skipping: LocalQueue, destination: Destination, kind: str
) -> None:
    prefix = "Upstash-" + kind.replace("_", "-").title()
    skipping.publish(
        url=destination.answer("/job", Answer(500)),
        body="",
        retries=0,
        headers={"X-Message": "m"},
        **{
            kind: destination.answer("/back", Answer(500)),
            f"{kind}_headers": {
                f"{prefix}-Forward-X-Mine": "back",
                f"{prefix}-Method": "PUT",
                f"{prefix}-Retries": "2",
                f"{prefix}-Retry-Delay": "7000",
                f"{prefix}-Delay": "30s",
            },
        },
    )
    called = destination.wait("/back", 3)
    assert {each.method for each in called} == {"PUT"}
    assert {each.headers["x-mine"] for each in called} == {"back"}
    assert not any("x-message" in each.headers for each in called)
    assert skipping.waits == [30, 7, 7]


def test_a_callback_is_retried_as_often_as_its_message_and_then_a_dead_letter(
    skipping: LocalQueue, destination: Destination
) -> None:
    back = destination.answer("/back", Answer(500))
    skipping.publish(url=destination.url + "/job", body="", retries=1, callback=back)
    destination.wait("/back", 2)
    eventually(lambda: skipping.client.dlq.list().messages)
    [letter] = skipping.client.dlq.list().messages
    assert (letter.url, letter.max_retries) == (back, 1)
    assert len(destination.at("/back")) == 2


def test_a_callback_has_no_callback_of_its_own(skipping: LocalQueue, destination: Destination) -> None:
    skipping.publish(
        url=destination.url + "/job",
        body="",
        callback=destination.url + "/back",
        callback_headers={"Upstash-Callback-Callback": destination.url + "/again"},
    )
    destination.wait("/back")
    skipping.settle()
    assert destination.at("/again") == []
