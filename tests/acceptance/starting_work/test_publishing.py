"""Once a run is committed it will be done: whatever the queue answers, if it answers, the person gets their 202."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from handoff.errors import QueueUnavailableError
from handoff.jobs.publish import PATIENCE_SECONDS
from handoff.jobs.queues.base import Message
from handoff.jobs.queues.qstash import QStashQueue
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff
from tests.support.servers import PublishEndpoint, http_server, send
from tests.support.tables import contents

Respond = Callable[[BaseHTTPRequestHandler], None]


def answering(status: int, body: bytes, **headers: str) -> Respond:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        send(handler, status, body, **headers)

    return respond


def hanging_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


ODD_QUEUES: dict[str, Respond] = {
    "500": answering(500, b"down"),
    "503 with Retry-After": answering(503, b"", Retry_After="60"),
    "401": answering(401, b'{"error": "invalid token"}'),
    "404": answering(404, b""),
    "413": answering(413, b""),
    "429 of the daily limit": answering(429, b"", RateLimit_Limit="1000", RateLimit_Remaining="0"),
    "429 of a burst": answering(429, b"", Burst_RateLimit_Limit="x"),
    "a redirect": answering(302, b"", Location="http://127.0.0.1:1/"),
    "a login page": answering(200, b"<html>Sign in to the guest network</html>", Content_Type="text/html"),
    "nothing": answering(201, b""),
    "null": answering(201, b"null"),
    "an empty object": answering(201, b"{}"),
    "a list": answering(201, b"[]"),
    "an answer to several": answering(201, b'[{"messageId": "m"}]'),
    "not UTF-8": answering(201, b"\xff\xfe\xfd"),
    "not the encoding it says": answering(201, b"{}", Content_Encoding="gzip"),
    "no answer": hanging_up,
}


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Set at the end, so that a server that hangs lets go."""
    made = threading.Event()
    yield made
    made.set()


def hold(released: threading.Event) -> None:
    """Answer nothing until then."""
    released.wait(20)


def assert_it_still_runs(handoff: Handoff, export_id: str) -> None:
    """Nothing but the sweep helps, and the queue works again."""
    assert [row["run_id"] for row in contents(handoff)["outbox"]] == [export_id]
    published = len(handoff.queue.published)
    assert handoff.sweep()["publish due messages"] == 0, "not before its time"
    handoff.rows("UPDATE outbox SET publish_after = publish_after - interval '30 seconds'")
    assert handoff.sweep()["publish due messages"] == 1
    message = handoff.queue.published[published].json
    assert message == {"id": export_id, "try": 2}
    assert handoff.deliver(export_id, run_try=2).status == 200
    assert handoff.rows("SELECT state::text FROM runs") == [{"state": "ready"}]


@pytest.mark.line("D2")
@pytest.mark.parametrize("respond", ODD_QUEUES.values(), ids=ODD_QUEUES)
def test_whatever_the_queue_answers_the_person_gets_202_and_the_job_still_runs(
    respond: Respond, handoff: Handoff
) -> None:
    person = handoff.person()
    with http_server(respond) as url:
        trigger = handoff.load("trigger", QSTASH_URL=url)
        answer = invoke(trigger, event("POST", "/api/exports", body={}, cookies=person.cookies))
    assert answer.status == 202
    assert answer.headers["location"] == answer.json["href"]
    assert_it_still_runs(handoff, answer.json["id"])


@pytest.mark.line("D2")
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://queue.invalid"], ids=["refused", "no such name"])
def test_a_queue_that_cannot_be_reached_costs_nobody_their_export(url: str, handoff: Handoff) -> None:
    trigger = handoff.load("trigger", QSTASH_URL=url)
    answer = invoke(trigger, event("POST", "/api/exports", body={}, cookies=handoff.person().cookies))
    assert answer.status == 202
    assert_it_still_runs(handoff, answer.json["id"])


@pytest.mark.line("D2")
def test_a_queue_that_hangs_is_given_up_on_after_a_moment(
    handoff: Handoff, queue: PublishEndpoint, released: threading.Event
) -> None:
    person = handoff.person()
    handoff.trigger  # noqa: B018 - a cold start is not what is timed
    queue.before_answer = lambda: hold(released)
    started = time.monotonic()
    answer = person.trigger("POST", "/api/exports", body={})
    waited = time.monotonic() - started
    assert answer.status == 202
    assert PATIENCE_SECONDS <= waited < 3 * PATIENCE_SECONDS
    released.set()
    queue.before_answer = lambda: None
    queue.published.clear()
    assert_it_still_runs(handoff, answer.json["id"])


@pytest.mark.line("D2")
def test_a_retry_whose_publish_fails_is_202_too(handoff: Handoff, queue: PublishEndpoint) -> None:
    person = handoff.person()
    export_id = person.request_export()
    assert handoff.give_up(export_id).status == 200
    queue.status = 500
    assert person.trigger("POST", f"/api/exports/{export_id}/retry").status == 202
    queue.status = 201
    handoff.rows("UPDATE outbox SET publish_after = clock_timestamp()")
    handoff.sweep()
    assert [message.json["try"] for message in queue.published] == [1, 3]
    assert handoff.deliver(export_id, 3).status == 200


@pytest.mark.line("D2")
def test_a_publish_that_was_taken_and_whose_answer_was_lost_is_harmless(
    handoff: Handoff, queue: PublishEndpoint, released: threading.Event
) -> None:
    """The queue has the message although nobody was told so; the sweep's is a second one, and finds it done."""
    person = handoff.person()
    queue.before_answer = lambda: hold(released) if queue.published else None
    person.request_export()
    export_id = person.request_export()
    released.set()
    queue.before_answer = lambda: None
    assert handoff.deliver(export_id).status == 200
    before = contents(handoff)
    assert handoff.deliver(export_id, run_try=2).status == 200
    assert contents(handoff) == before


@pytest.mark.line("G2")
def test_of_a_queue_that_refuses_the_log_has_the_status_and_not_the_token_it_may_have_echoed(
    handoff: Handoff, log_lines: list[dict[str, Any]]
) -> None:
    def echo(handler: BaseHTTPRequestHandler) -> None:
        send(handler, 401, f"not allowed: {handler.headers['Authorization']}".encode())

    person = handoff.person()
    with http_server(echo) as url:
        trigger = handoff.load("trigger", QSTASH_URL=url)
        assert invoke(trigger, event("POST", "/api/exports", body={}, cookies=person.cookies)).status == 202
    (line,) = [line for line in log_lines if line["message"] == "not published"]
    assert line["reason"] == "QStash did not take it: status: 401"
    assert handoff.environment["QSTASH_TOKEN"] not in str(log_lines)


@pytest.mark.line("G2")
def test_what_the_http_client_says_of_a_header_it_cannot_send_is_not_passed_on(queue: PublishEndpoint) -> None:
    """It quotes the header, and the token is in it. Settings refuse such a token before it comes this far."""
    sender = QStashQueue(url=queue.url, token="first half\nsecond half")
    with pytest.raises(QueueUnavailableError) as refused:
        asyncio.run(sender.send(Message("http://127.0.0.1:1/", b"")))
    assert str(refused.value) == "QStash did not take it: LocalProtocolError"
