"""Calls on our behalf, which the consumer makes: what is of this queue alone. The rest is in the conformance suite."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from handoff.errors import DatabaseUnavailableError, InvalidDeliveryError, MessageTooLargeError, QueueUnavailableError
from handoff.jobs import call
from handoff.jobs.consume import Consumer, StillQueuedError
from handoff.jobs.queues.base import Delivery, Message, Report
from handoff.jobs.queues.sqs import SqsQueue
from handoff.jobs.queues.sqs.queue import LARGEST_BODY_BYTES, LARGEST_REPORTED_BYTES, MOST_RETRIES
from handoff.testing.clock import Clock
from handoff.testing.destination import Answer, Destination, running
from infra.local.gateway.messages import make_record
from infra.local.sqs import QUEUE, REGION, queue_attributes
from tests.sqs.moto_sqs import MotoSqs
from tests.support.servers import http_server, send

OWN = "https://handoff.example"
CREDENTIAL = "sk-0123456789"


class Calls:
    """A consumer, and a route of ours that takes reports."""

    def __init__(self, sqs: MotoSqs, queue: SqsQueue) -> None:
        self.sqs, self.queue, self.client = sqs, queue, sqs.client()
        self.reports: list[Report] = []
        self.trouble: Exception | None = None
        routes = {"/api/worker/": self._take}
        self.consumer = Consumer(queue, routes, own_url=OWN, credentials={"openai": CREDENTIAL})

    def _take(self, path: str, delivery: Delivery, request_id: str) -> None:
        assert path == "openai/1"
        if self.trouble:
            raise self.trouble
        self.reports.append(self.queue.read_report(delivery))

    def make(self, *, seconds_left: float = 60) -> bool:
        """The next message's attempt; whether it is done with."""
        (message,) = self.client.receive_message(QueueUrl=self.sqs.url, AttributeNames=["All"])["Messages"]
        record = make_record(message, REGION, QUEUE)
        try:
            self.consumer.consume(record, request_id="request", seconds_left=seconds_left)
        except StillQueuedError:
            return False
        self.client.delete_message(QueueUrl=self.sqs.url, ReceiptHandle=message["ReceiptHandle"])
        return True


@pytest.fixture
def calls(sqs: MotoSqs, consuming: SqsQueue) -> Iterator[Calls]:
    made = Calls(sqs, consuming)
    yield made
    made.client.close()


@pytest.fixture
def destination() -> Iterator[Destination]:
    with running(Destination(Clock().now)) as made:
        yield made


def message(destination: Destination, **changes: Any) -> Message:
    fields = {"body": b'{"prompt": 1}', "callback_url": f"{OWN}/api/worker/openai/1", "retries": 1, **changes}
    return Message(f"{destination.base}/v1/images", **fields)


def test_each_attempts_answer_is_brought_to_us_without_another_call_however_large_it_is(
    calls: Calls, destination: Destination
) -> None:
    image = bytes(range(256)) * 20_000
    destination.answer("/v1/images", Answer(429, {"Retry-After": "31"}, b"slow down"), Answer(200, {}, image))
    message_id = calls.queue.send_now(message(destination))
    assert not calls.make()
    assert 30 < calls.sqs.due_in()[0] <= 31
    calls.sqs.skip()
    assert calls.make()
    first, second = calls.reports
    assert (first.status, first.body, first.is_final) == (429, b"slow down", False)
    assert (second.status, second.body == image, second.is_final) == (200, True, True)
    assert {report.message_id for report in calls.reports} == {message_id}
    assert calls.sqs.messages() == []


def test_a_credential_is_added_by_the_consumer_and_takes_the_place_of_any_other(calls: Calls) -> None:
    arrived: list[Any] = []

    def keep(handler: BaseHTTPRequestHandler) -> None:
        arrived.append(handler.headers)
        send(handler, 200, b"")

    headers = {"Authorization": "Bearer another", "Accept": "image/png"}
    with http_server(keep) as url:
        calls.queue.send_now(
            Message(url, b"", headers=headers, credential="openai", callback_url=f"{OWN}/api/worker/openai/1")
        )
        assert CREDENTIAL not in calls.sqs.messages()[0].body
        assert calls.make()
    assert arrived[0].get_all("authorization") == [f"Bearer {CREDENTIAL}"]
    assert arrived[0].get_all("accept") == ["image/png"]
    assert arrived[0].get_all("user-agent") == ["Handoff"]
    assert CREDENTIAL not in repr(calls.reports)


def test_a_credential_that_is_not_there_is_given_up_and_reported(calls: Calls, destination: Destination) -> None:
    calls.queue.send_now(message(destination, credential="other"))
    assert calls.make()
    assert destination.arrived("/v1/images") == []
    assert [(report.status, report.is_final) for report in calls.reports] == [(489, True)]
    assert len(calls.sqs.dead_letters) == 1


def test_a_report_that_cannot_be_taken_now_is_brought_by_the_queue_and_the_call_is_not_made_again(
    calls: Calls, destination: Destination
) -> None:
    calls.trouble = DatabaseUnavailableError()
    calls.queue.send_now(message(destination))
    assert calls.make()
    calls.trouble = None
    assert calls.make()
    assert [report.status for report in calls.reports] == [200]
    assert len(destination.arrived("/v1/images")) == 1
    assert calls.sqs.messages() == []


def test_a_report_that_neither_can_be_taken_nor_sent_whole_is_sent_without_the_answer_and_the_call_is_not_made_again(
    calls: Calls, destination: Destination
) -> None:
    """A call that was answered may have cost money."""
    destination.answer("/v1/images", Answer(200, {}, b"x" * LARGEST_BODY_BYTES))
    calls.trouble = DatabaseUnavailableError()
    calls.queue.send_now(message(destination))
    assert calls.make()
    calls.trouble = None
    calls.sqs.skip()
    assert calls.make()
    assert [(report.status, report.is_truncated, report.body) for report in calls.reports] == [(200, True, b"")]
    assert len(destination.arrived("/v1/images")) == 1


def test_a_call_ends_before_the_function_does(calls: Calls, destination: Destination) -> None:
    destination.answer("/v1/images", Answer(held=True))
    calls.queue.send_now(message(destination, timeout_seconds=3600))
    assert not calls.make(seconds_left=3.5)
    assert [report.status for report in calls.reports] == [None]


def test_where_no_time_is_left_no_call_is_begun(calls: Calls, destination: Destination) -> None:
    calls.queue.send_now(message(destination))
    assert not calls.make(seconds_left=2.5)
    assert destination.arrived("/v1/images") == []
    assert [report.status for report in calls.reports] == [None]


def test_a_message_that_is_not_due_yet_is_not_called(calls: Calls, destination: Destination) -> None:
    calls.queue.send_now(message(destination, delay_seconds=1000))
    calls.sqs.skip()
    assert calls.make()
    assert destination.arrived("/v1/images") == []
    assert calls.reports == []
    calls.sqs.skip()
    assert calls.make()
    assert len(destination.arrived("/v1/images")) == 1


def test_an_answer_that_trickles_ends_with_its_time(calls: Calls) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x")
        except OSError:
            pass

    with http_server(trickle) as url:
        calls.queue.send_now(Message(url, b"", timeout_seconds=1, callback_url=f"{OWN}/api/worker/openai/1", retries=1))
        assert not calls.make()
    assert [report.status for report in calls.reports] == [None]


def test_of_an_answer_that_is_too_large_nothing_is_kept(
    calls: Calls, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call, "LARGEST_ANSWER_BYTES", 1000)
    destination.answer("/v1/images", Answer(200, {}, b"x" * 1001), Answer(200, {}, b"x" * 1000))
    calls.queue.send_now(message(destination))
    assert not calls.make()
    calls.sqs.skip()
    assert calls.make()
    assert [(report.status, len(report.body)) for report in calls.reports] == [(None, 0), (200, 1000)]


@pytest.mark.parametrize(
    ("url", "headers"),
    [("ftp://127.0.0.1/x", {}), ("nonsense", {}), ("http://", {}), ("http://127.0.0.1:1/", {"X": "é"}),
     ("http://127.0.0.1:1/", {"X": "a\r\nY: z"}), ("http://127.0.0.1:1/", {"X Y": "z"}), ("http://[::1/", {}),
     ("http://127.0.0.1:99999/", {}), ("http://a b/", {}), ("http://no-such-host.invalid/", {})],
)  # fmt: skip
def test_a_call_that_cannot_be_made_is_an_attempt_without_an_answer(
    url: str, headers: dict[str, str], calls: Calls
) -> None:
    calls.queue.send_now(
        Message(url, b"", headers=headers, retries=0, failure_callback_url=f"{OWN}/api/worker/openai/1")
    )
    assert calls.make()
    (report,) = calls.reports
    assert (report.status, bool(report.dead_letter_id)) == (None, True)


def test_where_the_dead_letters_cannot_be_reached_the_message_stays(
    calls: Calls, destination: Destination, log_lines: list[dict[str, Any]]
) -> None:
    destination.answer("/v1/images", Answer(500))
    calls.queue.send_now(message(destination, retries=0, failure_callback_url=f"{OWN}/api/worker/openai/1"))
    calls.queue._dead_letter_url = calls.sqs.url + "-that-is-not-there"
    assert not calls.make()
    assert len(calls.sqs.messages()) == 1
    assert "NonExistentQueue" in json.dumps([line for line in log_lines if line["message"] == "not settled"])


def test_an_address_that_only_begins_as_ours_is_somebody_elses(calls: Calls) -> None:
    """Ours ends where the path begins: https://handoff.example.evil is another host."""
    calls.queue.send_now(Message(f"{OWN}.invalid/api/worker/openai/1", b"{}", retries=0))
    assert calls.make()
    assert calls.reports == []
    assert len(calls.sqs.dead_letters) == 1


def test_a_report_that_is_refused_for_good_is_not_brought_again(calls: Calls, destination: Destination) -> None:
    calls.trouble = InvalidDeliveryError()
    calls.queue.send_now(message(destination))
    assert calls.make()
    assert calls.sqs.messages() == []


def test_what_was_given_up_is_buried_once_and_not_called_again_though_its_report_cannot_be_sent(
    calls: Calls, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    destination.answer("/v1/images", Answer(489, {"Upstash-NonRetryable-Error": "true"}))
    calls.trouble = DatabaseUnavailableError()
    calls.queue.send_now(message(destination, failure_callback_url=f"{OWN}/api/worker/openai/1"))

    def refuse(message: Message) -> str:
        raise QueueUnavailableError("SQS refused: Throttling")

    monkeypatch.setattr("handoff.jobs.consume.REPORT_PAUSE_SECONDS", 0)
    monkeypatch.setattr(calls.queue, "send_now", refuse)
    assert calls.make()
    assert len(destination.arrived("/v1/images")) == 1
    assert len(calls.sqs.dead_letters) == 1


def test_a_message_may_have_no_more_retries_than_the_queue_hands_it_out(calls: Calls, destination: Destination) -> None:
    calls.queue.send_now(message(destination, retries=MOST_RETRIES))
    with pytest.raises(ValueError, match="can have 13 retries, not 14"):
        calls.queue.send_now(message(destination, retries=MOST_RETRIES + 1))
    most = int(json.loads(queue_attributes(QUEUE)["RedrivePolicy"])["maxReceiveCount"])
    assert most >= MOST_RETRIES + 2, "every attempt, and once more for one whose consumer was killed in the last"


def test_a_message_that_is_reported_leaves_room_for_its_report(calls: Calls, destination: Destination) -> None:
    calls.queue.send_now(message(destination, body=b"x" * LARGEST_REPORTED_BYTES))
    with pytest.raises(MessageTooLargeError):
        calls.queue.send_now(message(destination, body=b"x" * (LARGEST_REPORTED_BYTES + 1)))
    calls.trouble = DatabaseUnavailableError()
    assert calls.make()
    calls.trouble = None
    assert calls.make()
    assert [len(report.source_body) for report in calls.reports] == [LARGEST_REPORTED_BYTES]


def test_headers_of_the_connection_are_the_connections_own(calls: Calls, destination: Destination) -> None:
    odd = {"Host": "evil.example", "Content-Length": "999", "Transfer-Encoding": "chunked", "X-Mine": "kept"}
    calls.queue.send_now(message(destination, headers=odd))
    assert calls.make()
    (arrived,) = destination.arrived("/v1/images")
    assert (arrived.body, arrived.headers["x-mine"]) == (b'{"prompt": 1}', "kept")
    assert destination.base.endswith(arrived.headers["host"])
    assert arrived.headers["accept-encoding"] == "identity"
    assert "transfer-encoding" not in arrived.headers
