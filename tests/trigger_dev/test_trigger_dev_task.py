"""What the task makes of a message and of an answer: infra/trigger_dev/src, run as Node.js runs it."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
import pytest

from handoff.errors import UnsignedDeliveryError
from handoff.jobs.queues.base import SignedRequest
from handoff.jobs.queues.trigger_dev import LARGEST_REQUEST_BYTES, TriggerDevQueue
from infra.local.trigger_dev.node import Node
from tests.support.servers import http_server, send
from tests.trigger_dev.test_trigger_dev_conformance import LIFETIME_SECONDS

KEY = "a signing key of more than 32 characters"
DAY = 24 * 3600

Attempt = Callable[..., dict[str, Any]]


class Destination:
    """Answers as told, and keeps what came."""

    def __init__(self) -> None:
        self.status, self.headers, self.body = 200, dict[str, str](), b""
        self.arrived: list[SignedRequest] = []
        self.url = ""
        self.answers = threading.Event()
        self.answers.set()

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.arrived.append(SignedRequest(self.url + handler.path, headers, body))
        assert self.answers.wait(30)
        send(handler, self.status, self.body, **{name.replace("-", "_"): v for name, v in self.headers.items()})


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def node(runner: asyncio.Runner) -> Iterator[Node]:
    keys = {"OPENAI_API_KEY": "sk-1", "IN_HOUSE_API_KEY": "sk-2", "TRIGGER_SECRET_KEY": "tr_secret"}
    made = Node({"HANDOFF_SIGNING_KEY": KEY, **keys})
    yield made
    runner.run(made.close())


@pytest.fixture
def destination() -> Iterator[Destination]:
    made = Destination()
    with http_server(made.respond) as made.url:
        yield made


@pytest.fixture
def attempt(runner: asyncio.Runner, node: Node, destination: Destination) -> Attempt:
    def make(number: int = 1, by: Node = node, canceled: asyncio.Event | None = None, **fields: Any) -> dict[str, Any]:
        payload = {
            "url": destination.url + "/job",
            "method": "POST",
            "headers": {},
            "body": base64.b64encode(b"body").decode(),
            "bodyEncoding": "base64",
            "retries": 3,
            "retryPauseSeconds": 5,
            "timeoutSeconds": 30,
            "credential": None,
            "callbackUrl": None,
            "failureCallbackUrl": None,
        }
        asked = by.attempt({**payload, **fields}, "run_1", number, canceled or asyncio.Event())
        outcome: dict[str, Any] = runner.run(asked)
        return outcome

    return make


def report(outcome: Mapping[str, Any], index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(outcome["reports"][index]["payload"]["body"])
    return found


@pytest.mark.parametrize(("number", "seconds"), [(1, 5), (2, 10), (3, 20)])
def test_the_pause_doubles_with_each_attempt(
    number: int, seconds: int, attempt: Attempt, destination: Destination
) -> None:
    destination.status = 500
    outcome = attempt(number)
    assert (outcome["kind"], outcome["pauseSeconds"], outcome["told"]) == ("again", seconds, "status 500")


def test_no_pause_is_longer_than_a_day(attempt: Attempt, destination: Destination) -> None:
    destination.status = 500
    assert attempt(60, retries=100)["pauseSeconds"] == DAY


@pytest.mark.parametrize(("said", "seconds"), [("0", 0), ("7", 7), (" 86400 ", DAY), ("86401", 5), ("-5", 5), ("x", 5)])
def test_a_retry_after_of_at_most_a_day_wins(
    said: str, seconds: int, attempt: Attempt, destination: Destination
) -> None:
    destination.status, destination.headers = 503, {"Retry-After": said}
    outcome = attempt()
    assert outcome["pauseSeconds"] == seconds
    assert outcome["pauseIsTheirs"] is (said not in ("86401", "-5", "x"))


def test_a_retry_after_may_be_a_date(attempt: Attempt, destination: Destination) -> None:
    destination.status, destination.headers = 503, {"Retry-After": formatdate(time.time() + 1000, usegmt=True)}
    assert 900 < attempt()["pauseSeconds"] <= 1000
    destination.headers = {"Retry-After": formatdate(time.time() - 1000, usegmt=True)}
    assert attempt()["pauseSeconds"] == 0


@pytest.mark.parametrize(
    ("status", "headers", "kind", "reports"),
    [
        (489, {"Upstash-NonRetryable-Error": "true"}, "given up", ["failed"]),
        (489, {}, "again", []),
        (500, {"Upstash-NonRetryable-Error": "true"}, "again", []),
    ],
)
def test_a_destination_forbids_another_attempt_by_status_and_header(
    status: int, headers: dict[str, str], kind: str, reports: list[str], attempt: Attempt, destination: Destination
) -> None:
    destination.status, destination.headers = status, headers
    outcome = attempt(failureCallbackUrl="https://example.com/failed")
    assert outcome["kind"] == kind
    assert [each["once"] for each in outcome["reports"]] == reports


def test_each_attempt_is_signed_for_its_own_address_and_body(attempt: Attempt, destination: Destination) -> None:
    attempt(3)
    (arrived,) = destination.arrived
    receiver = TriggerDevQueue(signing_keys=["the key that comes after the next rotation", KEY])
    delivery = receiver.verify(arrived)
    assert (delivery.body, delivery.message_id, delivery.retried) == (b"body", "run_1", 2)
    for other in (TriggerDevQueue(signing_keys=["x" * 40]), TriggerDevQueue()):
        with pytest.raises(UnsignedDeliveryError):
            other.verify(arrived)


def test_a_signature_ends_after_five_minutes(attempt: Attempt, destination: Destination) -> None:
    attempt()
    claims = jwt.decode(destination.arrived[0].headers["handoff-signature"], KEY, algorithms=["HS256"])
    assert claims["exp"] - claims["nbf"] == LIFETIME_SECONDS
    assert abs(time.time() - claims["nbf"]) < 60


def test_no_signature_of_a_message_is_used_twice(attempt: Attempt, destination: Destination) -> None:
    attempt(1)
    attempt(1)
    first, second = (each.headers["handoff-signature"] for each in destination.arrived)
    assert first != second


def test_the_connections_own_headers_are_not_the_messages(attempt: Attempt, destination: Destination) -> None:
    theirs = {
        "Transfer-Encoding": "gzip",
        "Upgrade": "x",
        "Expect": "100-continue",
        "Keep-Alive": "1",
        "Connection": "x",
    }
    attempt(headers={"Host": "other.example", "Content-Length": "1", **theirs, "X-Mine": "1"})
    (arrived,) = destination.arrived
    assert arrived.headers["host"] in destination.url
    assert (arrived.headers["content-length"], arrived.headers["x-mine"]) == ("4", "1")
    assert not {"transfer-encoding", "upgrade", "expect"} & set(arrived.headers)


def test_no_message_can_pass_for_another_run_or_bring_a_signature(attempt: Attempt, destination: Destination) -> None:
    attempt(headers={"handoff-signature": "forged", "handoff-message-id": "run_2", "handoff-retried": "9"})
    (arrived,) = destination.arrived
    delivery = TriggerDevQueue(signing_keys=[KEY]).verify(arrived)
    assert (delivery.message_id, delivery.retried) == ("run_1", 0)


@pytest.mark.parametrize(("name", "value"), [("openai", "sk-1"), ("in-house", "sk-2")])
def test_a_credential_is_looked_up_by_its_name(
    name: str, value: str, attempt: Attempt, destination: Destination
) -> None:
    outcome = attempt(credential=name, callbackUrl="https://example.com/back")
    assert destination.arrived[0].headers["authorization"] == f"Bearer {value}"
    assert value not in json.dumps(outcome)


@pytest.mark.parametrize("name", ["other", "", "TRIGGER_SECRET_KEY", "HANDOFF_SIGNING_KEY", "PATH", "../openai"])
def test_no_message_can_ask_for_another_variable(name: str, attempt: Attempt, destination: Destination) -> None:
    outcome = attempt(credential=name, failureCallbackUrl="https://example.com/failed")
    assert (outcome["kind"], outcome["told"]) == ("given up", "no_credential")
    assert report(outcome)["status"] == 0
    assert destination.arrived == []


def test_without_a_signing_key_nothing_is_called(
    attempt: Attempt, destination: Destination, runner: asyncio.Runner
) -> None:
    without = Node({})
    assert attempt(by=without)["told"] == "no_signing_key"
    runner.run(without.close())
    assert destination.arrived == []


def test_a_header_that_cannot_be_sent_is_given_up_without_its_value(attempt: Attempt, destination: Destination) -> None:
    outcome = attempt(headers={"X-Mine": "a\nb"}, callbackUrl="https://example.com/back")
    assert (outcome["kind"], outcome["told"]) == ("given up", "header_not_valid")
    assert destination.arrived == []


def test_an_attempt_that_is_cut_off_is_reported_to_nobody(attempt: Attempt, destination: Destination) -> None:
    canceled = asyncio.Event()
    canceled.set()
    destination.answers.clear()  # or the answer may be there before the word to stop is
    try:
        assert attempt(callbackUrl="https://example.com/back", canceled=canceled) is None
    finally:
        destination.answers.set()


@pytest.mark.parametrize(("retries", "repeated"), [(0, 3), (2, 3), (7, 7)])
def test_a_report_is_a_message_that_is_repeated_as_the_first_or_more_often_and_reported_to_nobody(
    retries: int, repeated: int, attempt: Attempt
) -> None:
    outcome = attempt(callbackUrl="https://example.com/back", credential="openai", retries=retries)
    assert outcome["reports"][0]["once"] == "callback-1"
    payload = outcome["reports"][0]["payload"]
    assert (payload["retries"], payload["retryPauseSeconds"], payload["credential"]) == (repeated, 5, None)
    assert (payload["callbackUrl"], payload["failureCallbackUrl"]) == (None, None)


def test_an_answer_is_cut_where_its_report_would_be_too_large_and_the_message_never(
    attempt: Attempt, destination: Destination
) -> None:
    destination.body = b"\xff" * 3_000_000
    for size in (10, 2_200_000):
        body = base64.b64encode(b"m" * size).decode()
        outcome = attempt(body=body, callbackUrl="https://example.com/back")
        assert len(json.dumps(outcome["reports"][0]["payload"])) < LARGEST_REQUEST_BYTES - 50_000
        assert report(outcome)["sourceBody"] == body
        assert set(base64.b64decode(report(outcome)["body"])) == {0xFF}
        assert report(outcome)["bodyTruncated"] is True
