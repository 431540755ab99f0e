"""What the provider asks of SQS, and what it writes into a message: held to the vendor's SDK and moto's server."""

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.errors import InvalidDeliveryError, MessageTooLargeError, QueueUnavailableError
from handoff.jobs.queues.base import FlowControl, Message
from handoff.jobs.queues.sqs import SqsQueue
from handoff.jobs.queues.sqs.envelope import Envelope, from_text, to_text
from handoff.jobs.queues.sqs.queue import LARGEST_BODY_BYTES, LARGEST_BYTES, LONGEST_PAUSE_SECONDS, ROOM_BYTES
from infra.local.gateway.messages import make_record
from infra.local.sqs import DEAD_LETTERS, QUEUE, REGION
from tests.sqs.moto_sqs import MotoSqs

URL = "https://handoff.example/api/jobs/greet"
ROUNDING = 1.0


def received(sqs: MotoSqs) -> dict[str, Any]:
    """The one message that can be received, as Lambda has it."""
    client = sqs.client()
    (message,) = client.receive_message(QueueUrl=sqs.url, AttributeNames=["All"])["Messages"]
    client.close()
    return make_record(message, REGION, QUEUE)


# The envelope

texts = st.text(max_size=20)
messages = st.builds(
    Message,
    url=texts,
    body=st.binary(max_size=40),
    method=texts,
    headers=st.dictionaries(texts, texts, max_size=3),
    try_=st.integers(0, 2**31),
    deduplication_id=st.none() | texts,
    retries=st.integers(0, 99),
    retry_pause_seconds=st.integers(0, 99),
    delay_seconds=st.integers(0, 10**6),
    timeout_seconds=st.none() | st.integers(1, 99),
    flow_control=st.none() | st.builds(FlowControl, key=texts, rate=st.none() | st.integers(1, 9)),
    credential=st.none() | texts,
    callback_url=st.none() | texts,
    failure_callback_url=st.none() | texts,
    redact=st.lists(texts, max_size=2).map(tuple),
)


@given(messages, st.floats(0, 1e11), st.none() | texts)
def test_a_message_is_read_as_it_was_written(message: Message, sent_at: float, message_id: str | None) -> None:
    envelope = Envelope(message, sent_at, message_id)
    text = to_text(envelope)
    assert from_text(text) == envelope
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    assert all(" " <= character <= "~" for character in text)


WRONG: list[Any] = [None, True, -1, 1.5, "text", [], ["x"], [1], {}, {"a": 1}, "é", "not base64!"]


def test_of_what_we_have_not_written_nothing_is_read_or_a_message_like_ours() -> None:
    written = json.loads(to_text(Envelope(Message(URL, b"body"), 1.5)))
    for changed in ({}, {**written, "message": {}}, {**written, "message": {**written["message"], "more": 1}}):
        with pytest.raises(InvalidDeliveryError):
            from_text(json.dumps(changed))
    for name, value in written["message"].items():
        refused = 0
        for wrong in WRONG:
            try:
                read = from_text(json.dumps({**written, "message": {**written["message"], name: wrong}}))
                assert json.loads(to_text(read))["message"][name] == wrong
            except InvalidDeliveryError:
                refused += 1
        assert refused > len(WRONG) / 2, name
        assert type(value) in (str, int, dict, list, type(None))


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "5", "[" * 50_000, '{"message": null}', "\N{SNOWMAN}"])
def test_what_is_no_message_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(InvalidDeliveryError) as caught:
        from_text(text)
    assert str(caught.value) == "the message is not one of ours"


def test_only_the_name_of_a_credential_is_in_the_message(sqs: MotoSqs, consuming: SqsQueue) -> None:
    consuming.send_now(Message(URL, b"{}", credential="openai"))
    (message,) = sqs.messages()
    assert json.loads(message.body)["message"]["credential"] == "openai"
    assert "Authorization" not in message.body
    assert "Bearer" not in message.body


# Sending


def test_the_id_of_a_message_is_that_of_sqs(sqs: MotoSqs, consuming: SqsQueue) -> None:
    message_id = asyncio.run(consuming.send(Message(URL, b"{}")))
    assert [message.id for message in sqs.messages()] == [message_id]
    assert consuming.receive(received(sqs)).message_id == message_id


def test_messages_of_one_key_are_one_group_so_that_many_of_them_do_not_hold_up_others(
    sqs: MotoSqs, consuming: SqsQueue
) -> None:
    for key in ("record_call_event", "a key with spaces", "k" * 129):
        consuming.send_now(Message(URL, b"{}", flow_control=FlowControl(key)))
    consuming.send_now(Message(URL, b"{}"))
    named, spaced, long, without = (message.group_id for message in sqs.messages())
    assert (named, without) == ("record_call_event", None)
    assert all(len(group or "") == 64 for group in (spaced, long))
    assert spaced != long


def test_a_delay_is_left_to_sqs(sqs: MotoSqs, consuming: SqsQueue) -> None:
    consuming.send_now(Message(URL, b"{}", delay_seconds=900))
    assert 900 - ROUNDING < sqs.due_in()[0] <= 900
    sqs.skip()
    assert not consuming.postpone(consuming.receive(received(sqs)))


def test_a_delay_longer_than_sqs_has_is_made_of_several_and_the_message_stays_the_same(
    sqs: MotoSqs, consuming: SqsQueue
) -> None:
    """Each time it is another message to SQS, whose attempts begin anew: none has been made."""
    began, message = sqs.now(), Message(URL, bytes(range(256)), delay_seconds=2000, retries=7)
    message_id, client = consuming.send_now(message), sqs.client()
    hops = 0
    while True:
        sqs.skip()
        record = received(sqs)
        found = consuming.receive(record)
        assert (found.message, found.message_id, found.retried) == (message, message_id, 0)
        if not consuming.postpone(found):
            break
        hops += 1
        client.delete_message(QueueUrl=sqs.url, ReceiptHandle=record["receiptHandle"])
        assert len(sqs.messages()) == 1
    assert hops == 2
    assert 2000 - 2 * ROUNDING <= sqs.now() - began < 2000 + 2 * ROUNDING
    client.close()


def test_the_largest_message_may_be_delayed_for_long(sqs: MotoSqs, consuming: SqsQueue) -> None:
    """With its first id in it, it is a little larger."""
    size = LARGEST_BYTES - ROOM_BYTES - len(to_text(Envelope(Message(URL, b"", headers={"X": ""}), 0)))
    headers = {"X": "y" * (size - LARGEST_BODY_BYTES // 3 * 4 - 40)}
    consuming.send_now(Message(URL, b"x" * LARGEST_BODY_BYTES, headers=headers, delay_seconds=1000))
    sqs.skip()
    assert consuming.postpone(consuming.receive(received(sqs)))


def test_a_message_whose_headers_are_too_large_is_refused(sqs: MotoSqs, consuming: SqsQueue) -> None:
    consuming.send_now(Message(URL, b"x" * LARGEST_BODY_BYTES, headers={"X": "y" * 8_000}))
    with pytest.raises(MessageTooLargeError):
        consuming.send_now(Message(URL, b"x" * LARGEST_BODY_BYTES, headers={"X": "y" * 16_000}))
    assert len(sqs.messages()) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "/nobodys"}, "SQS refused: AWS.SimpleQueueService.NonExistentQueue"),
        ({"endpoint_url": "http://127.0.0.1:1"}, "SQS did not answer: EndpointConnectionError"),
    ],
)
def test_what_went_wrong_is_told_by_its_kind(changes: dict[str, Any], said: str, sqs: MotoSqs) -> None:
    queue = SqsQueue(**{"url": sqs.url, **changes})
    queue.prepare()
    with pytest.raises(QueueUnavailableError) as caught:
        queue.send_now(Message(URL, b"a private body"))
    assert str(caught.value) == said
    assert caught.value.__cause__ is None


def test_without_a_region_sending_says_so_and_preparing_does_not(sqs: MotoSqs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    queue = SqsQueue(url=sqs.url)
    queue.prepare()
    with pytest.raises(QueueUnavailableError, match="NoRegionError"):
        queue.send_now(Message(URL, b"{}"))


# After an attempt


@pytest.mark.parametrize(("seconds", "paused"), [(0, 0), (7.4, 7), (10**9, LONGEST_PAUSE_SECONDS), (-1, 0)])
def test_a_pause_is_within_what_sqs_has(seconds: float, paused: int, sqs: MotoSqs, consuming: SqsQueue) -> None:
    consuming.send_now(Message(URL, b"{}"))
    consuming.pause(received(sqs), seconds)
    assert paused - ROUNDING < sqs.due_in()[0] <= paused


def test_a_dead_letter_is_the_message_as_it_was_with_its_reason_and_first_id(sqs: MotoSqs, consuming: SqsQueue) -> None:
    message_id = consuming.send_now(Message(URL, b"x" * LARGEST_BODY_BYTES, headers={"X": "y" * 14_000}))
    record = received(sqs)
    letter_id = consuming.bury(record, "retries used up")
    client = sqs.client()
    (letter,) = client.receive_message(QueueUrl=sqs.dead_letter_url, MessageAttributeNames=["All"])["Messages"]
    client.close()
    assert (letter["MessageId"], letter["Body"]) == (letter_id, record["body"])
    beside = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert beside == {"Reason": "retries used up", "MessageId": message_id, "HandedOut": "1"}


def test_a_dead_letter_that_fills_its_message_has_nothing_beside_it(sqs: MotoSqs, consuming: SqsQueue) -> None:
    """One that was not ours, then: SQS counts attributes with the body."""
    client = sqs.client()
    client.send_message(QueueUrl=sqs.url, MessageBody="x" * LARGEST_BYTES)
    consuming.bury(received(sqs), "unreadable")
    (letter,) = sqs.messages(DEAD_LETTERS)
    assert (len(letter.body), letter.message_attributes) == (LARGEST_BYTES, {})
    client.close()


def test_a_report_is_read_as_it_was_written(consuming: SqsQueue) -> None:
    from handoff.jobs.queues.base import Delivery, Report

    report = Report(bytes(range(256)), 503, {"retry-after": "7"}, b"\xff", True, 1, 3, "one", "two")
    body = consuming.write_report(report)
    assert base64.b64encode(bytes(range(256))) in body
    assert consuming.read_report(Delivery(body, None, 0)) == report
    assert consuming.read_report(Delivery(consuming.write_report(replace(report, status=None)), None, 0)).status is None
