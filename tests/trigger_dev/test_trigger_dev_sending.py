"""What the provider asks Trigger.dev for, and what it makes of the answers."""

import asyncio
import base64
from collections.abc import Iterator

import pytest

from handoff.errors import MessageTooLargeError, QueueUnavailableError
from handoff.jobs.queues.base import FlowControl, Message
from handoff.jobs.queues.trigger_dev import LARGEST_REQUEST_BYTES, REPORT_BYTES
from infra.local.trigger_dev import DEVELOPMENT_SECRET_KEY
from tests.trigger_dev.sending import Asked, TriggerEndpoint, endpoint, queue_at

URL = "https://example.com/api/jobs/greet"


@pytest.fixture
def trigger() -> Iterator[TriggerEndpoint]:
    with endpoint() as made:
        yield made


def sent(trigger: TriggerEndpoint, message: Message) -> Asked:
    assert asyncio.run(queue_at(trigger.url).send(message)) == "run_1"
    (asked,) = trigger.requests
    return asked


def test_a_message_is_a_run_of_the_task(trigger: TriggerEndpoint) -> None:
    asked = sent(trigger, Message(URL, b"\x00\xff", headers={"X-A": "b"}, timeout_seconds=30, retries=2))
    assert asked.path == "/api/v1/tasks/handoff-deliver/trigger"
    assert asked.headers["authorization"] == f"Bearer {DEVELOPMENT_SECRET_KEY}"
    assert asked.json["payload"] == {
        "url": URL,
        "method": "POST",
        "headers": {"X-A": "b"},
        "body": base64.b64encode(b"\x00\xff").decode(),
        "bodyEncoding": "base64",
        "retries": 2,
        "retryPauseSeconds": 5,
        "timeoutSeconds": 30,
        "credential": None,
        "callbackUrl": None,
        "failureCallbackUrl": None,
    }
    assert asked.json["options"] == {"maxAttempts": 3, "tags": ["handoff"]}


def test_a_deduplication_id_and_a_delay_are_options_of_the_run(trigger: TriggerEndpoint) -> None:
    options = sent(trigger, Message(URL, b"", deduplication_id="id-1", delay_seconds=90)).json["options"]
    assert (options["idempotencyKey"], options["idempotencyKeyTTL"], options["delay"]) == ("id-1", "30d", "90s")
    assert options["tags"] == ["handoff", "id-1"]


def test_an_id_that_is_too_long_for_a_tag_is_none(trigger: TriggerEndpoint) -> None:
    options = sent(trigger, Message(URL, b"", deduplication_id="x" * 128)).json["options"]
    assert (options["idempotencyKey"], options["tags"]) == ("x" * 128, ["handoff"])


@pytest.mark.parametrize(("asked_for", "given"), [(1, 1), (4, 3), (10, 10), (49, 20), (1000, 50), (0, 1)])
def test_calls_at_once_are_those_of_the_largest_queue_that_is_not_larger(
    asked_for: int, given: int, trigger: TriggerEndpoint
) -> None:
    options = sent(trigger, Message(URL, b"", flow_control=FlowControl("a", parallelism=asked_for))).json["options"]
    assert (options["queue"], options["concurrencyKey"]) == ({"name": f"handoff-parallel-{given}"}, "a")


def test_a_rate_alone_is_done_without(trigger: TriggerEndpoint) -> None:
    options = sent(trigger, Message(URL, b"", flow_control=FlowControl("a", rate=5))).json["options"]
    assert not {"queue", "concurrencyKey"} & set(options)


def test_a_credential_goes_by_its_name(trigger: TriggerEndpoint) -> None:
    asked = sent(trigger, Message(URL, b"", credential="openai"))
    assert asked.json["payload"]["credential"] == "openai"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (Message(URL, b"", timeout_seconds=301), "300 s, not 301"),
        (Message(URL, b"x", method="GET"), "GET"),
    ],
)
def test_what_the_task_could_not_carry_out_is_named_and_not_sent(
    message: Message, said: str, trigger: TriggerEndpoint
) -> None:
    with pytest.raises(ValueError, match=said):
        asyncio.run(queue_at(trigger.url).send(message))
    assert trigger.requests == []


def test_a_message_that_is_reported_leaves_room_for_the_report(trigger: TriggerEndpoint) -> None:
    body = b"x" * ((LARGEST_REQUEST_BYTES - REPORT_BYTES) // 4 * 3)
    sent(trigger, Message(URL, body))
    with pytest.raises(MessageTooLargeError):
        asyncio.run(queue_at(trigger.url).send(Message(URL, body, callback_url=URL)))


@pytest.mark.parametrize("status", [400, 401, 404, 413, 422, 429, 500, 503, 302, 204])
def test_a_refusal_is_told_by_its_status_and_never_in_the_vendors_words(status: int, trigger: TriggerEndpoint) -> None:
    trigger.status, trigger.answer = status, b'{"error": "the vendors words"}' if status != 204 else b""
    with pytest.raises(QueueUnavailableError) as caught:
        asyncio.run(queue_at(trigger.url).send(Message(URL, b"")))
    assert f"status {status}" in str(caught.value)
    assert "words" not in str(caught.value)


@pytest.mark.parametrize(
    "answer", [b"", b"null", b"[]", b"{}", b'{"id": 5}', b'{"id": ""}', b"\xff", b"<html>", b"x" * 70_000]
)
def test_an_answer_without_a_run_is_no_success(answer: bytes, trigger: TriggerEndpoint) -> None:
    trigger.answer = answer
    with pytest.raises(QueueUnavailableError, match="cannot be read"):
        asyncio.run(queue_at(trigger.url).send(Message(URL, b"")))


def test_a_run_is_canceled_by_its_id_whatever_is_in_it(trigger: TriggerEndpoint) -> None:
    asyncio.run(queue_at(trigger.url).cancel("run_1/../x?y"))
    assert trigger.requests[0].path == "/api/v2/runs/run_1%2F..%2Fx%3Fy/cancel"


@pytest.mark.parametrize(("status", "is_error"), [(404, False), (401, True), (500, True)])
def test_only_a_run_that_is_gone_need_not_be_canceled(status: int, is_error: bool, trigger: TriggerEndpoint) -> None:
    trigger.status = status
    try:
        asyncio.run(queue_at(trigger.url).cancel("run_1"))
    except QueueUnavailableError:
        assert is_error
    else:
        assert not is_error
