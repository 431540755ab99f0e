"""What the QStash provider makes of the vendor's words, and how it hands over a credential."""

import asyncio
import base64
import json
from typing import Any

import pytest

from handoff.errors import InvalidDeliveryError
from handoff.jobs.queues.base import Delivery, FlowControl, Message, Report
from handoff.jobs.queues.qstash import QStashQueue
from tests.support.servers import PublishEndpoint

SECRET = "sk-a-credential"


def encoded(body: bytes) -> str:
    return base64.b64encode(body).decode()


# https://upstash.com/docs/qstash/features/callbacks#what-is-a-callback
CALLBACK: dict[str, Any] = {
    "status": 200,
    "header": {"Content-Type": ["image/png"], "X-Two": ["first", "second"]},
    "body": encoded(b"the answer"),
    "retried": 2,
    "maxRetries": 3,
    "sourceMessageId": "msg_xxx",
    "url": "http://myurl.com",
    "method": "POST",
    "sourceHeader": {"Authorization": [f"Bearer {SECRET}"]},
    "sourceBody": encoded(b"the message"),
    "notBefore": "1701198458025",
    "createdAt": "1701198447054",
    "callerIP": "127.0.0.1",
}


def read(report: object) -> Report:
    return QStashQueue().read_report(Delivery(json.dumps(report).encode(), "msg_callback", 0))


def test_a_callback_tells_of_the_answer_and_of_the_message() -> None:
    report = read(CALLBACK)
    assert (report.status, report.body, report.source_body) == (200, b"the answer", b"the message")
    assert report.headers == {"content-type": "image/png", "x-two": "first"}
    assert (report.retried, report.max_retries, report.message_id, report.dead_letter_id) == (2, 3, "msg_xxx", None)


def test_a_report_does_not_bring_a_credential_back() -> None:
    assert SECRET not in repr(read(CALLBACK))


@pytest.mark.parametrize(
    ("told", "is_final"),
    [
        ({"status": 200, "retried": 0}, True),
        ({"status": 299, "retried": 0}, True),
        ({"status": 500, "retried": 2}, False),
        ({"status": 500, "retried": 3}, True),
        ({"status": 302, "retried": 0}, False),
        ({"status": 0, "retried": 0}, False),
        ({"status": 0, "retried": 3}, True),
    ],
)
def test_only_a_success_and_the_last_attempt_are_final(told: dict[str, int], is_final: bool) -> None:
    assert read({**CALLBACK, **told}).is_final is is_final


@pytest.mark.parametrize(
    "odd",
    [
        {"status": "200", "retried": "1", "maxRetries": None},
        {"status": 7, "retried": -1, "maxRetries": 1.5},
        {"status": True, "retried": True},
        {"header": ["x"], "body": 5},
        {"header": {"x": "text", "y": []}, "body": "not base64!"},
        {"dlqId": {"of": "another kind"}, "a_new_field": [1, 2]},
    ],
)
def test_words_that_the_vendor_has_not_documented_do_not_cost_the_report(odd: dict[str, Any]) -> None:
    assert read({**CALLBACK, **odd}).source_body == b"the message"


@pytest.mark.parametrize("report", [None, [], "text", {}, {"sourceBody": None}, {"sourceBody": "not base64!"}])
def test_a_report_without_its_message_can_never_be_read(report: object) -> None:
    with pytest.raises(InvalidDeliveryError):
        read(report)


def send(endpoint: PublishEndpoint, message: Message) -> dict[str, str]:
    """The headers of what reaches QStash."""
    queue = QStashQueue(url=endpoint.url, token="t" * 40, credentials={"openai": SECRET})

    async def send_and_hang_up() -> None:
        try:
            await queue.send(message)
        finally:
            await queue._client.http._client.aclose()

    asyncio.run(send_and_hang_up())
    (published,) = endpoint.published
    return {name.lower(): value for name, value in published.headers.items()}


def test_a_named_credential_goes_with_the_call_and_is_shown_to_nobody(queue: PublishEndpoint) -> None:
    headers = send(queue, Message("https://api.openai.com/v1/x", b"{}", credential="openai", redact=("X-Other",)))
    assert headers["upstash-forward-authorization"] == f"Bearer {SECRET}"
    assert headers["upstash-redact-fields"] == "header[X-Other],header[Authorization]"


def test_a_credential_that_is_not_there_is_named_before_anything_is_sent(queue: PublishEndpoint) -> None:
    with pytest.raises(ValueError, match="'other'"):
        send(queue, Message("https://api.openai.com/v1/x", b"{}", credential="other"))
    assert queue.published == []


def test_flow_control_reaches_the_queue_as_it_was_asked_for(queue: PublishEndpoint) -> None:
    flow = FlowControl("openai", rate=5, period_seconds=60, parallelism=2)
    headers = send(queue, Message("https://api.openai.com/v1/x", b"{}", flow_control=flow))
    assert headers["upstash-flow-control-key"] == "openai"
    assert set(headers["upstash-flow-control-value"].replace(" ", "").split(",")) == {
        "rate=5",
        "period=60s",
        "parallelism=2",
    }
