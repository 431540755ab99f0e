"""What a destination receives: signature, headers, timeout."""

import base64
import hashlib
import time

import jwt
import pytest
from qstash.errors import SignatureError

from infra.local.qstash import DEVELOPMENT_CURRENT_SIGNING_KEY
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, eventually, verify


def test_a_delivery_passes_the_official_receiver(queue: LocalQueue, destination: Destination) -> None:
    queue.client.message.publish_json(url=destination.url + "/job?a=1", body={"name": "Zoë"})
    [received] = destination.wait("/job")
    verify(received)

    received.body += b" "
    with pytest.raises(SignatureError):
        verify(received)


def test_the_signature_has_the_documented_claims(queue: LocalQueue, destination: Destination) -> None:
    queue.publish(url=destination.url + "/job", body="hello")
    [received] = destination.wait("/job")
    token = received.headers["upstash-signature"]

    claims = jwt.decode(token, DEVELOPMENT_CURRENT_SIGNING_KEY, algorithms=["HS256"], issuer="Upstash")
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert claims["sub"] == destination.url + "/job"
    assert claims["exp"] - claims["iat"] == 300
    assert claims["nbf"] == claims["iat"]
    assert abs(claims["iat"] - time.time()) < 2
    assert claims["jti"].startswith("jwt_")
    assert claims["body"] == base64.urlsafe_b64encode(hashlib.sha256(b"hello").digest()).decode()


def test_a_delivery_has_the_documented_headers(queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500, {"Retry-After": "0"}), Answer(200))
    accepted = queue.publish(url=url, body="", label="exports")
    first, second = destination.wait("/job", 2)
    assert first.headers["user-agent"] == "Upstash-QStash"
    assert first.headers["upstash-caller-ip"] == "127.0.0.1"
    assert [each.headers["upstash-retried"] for each in (first, second)] == ["0", "1"]
    assert {each.headers["upstash-message-id"] for each in (first, second)} == {accepted.message_id}


def test_each_attempt_has_a_signature_of_its_own(queue: LocalQueue, destination: Destination) -> None:
    url = destination.answer("/job", Answer(500, {"Retry-After": "0"}), Answer(200))
    queue.publish(url=url, body="x")
    first, second = destination.wait("/job", 2)
    verify(first)
    verify(second)
    assert first.headers["upstash-signature"] != second.headers["upstash-signature"]


def test_an_answer_that_takes_longer_than_the_timeout_is_a_failure(
    start_queue: StartQueue, destination: Destination
) -> None:
    queue = start_queue()
    url = destination.answer("/job", Answer(200, pause=0.3))
    queue.publish(url=url, body="", timeout="0.05s", retries=0)

    eventually(lambda: queue.client.dlq.list().messages)
    [letter] = queue.client.dlq.list().messages
    assert (letter.response_status, letter.response_body) == (0, "no answer within 0.05 s")


@pytest.mark.parametrize("status", [200, 204, 299])
def test_any_2xx_is_a_delivery(queue: LocalQueue, destination: Destination, status: int) -> None:
    queue.publish(url=destination.answer("/job", Answer(status)), body="")
    queue.settle()
    assert len(destination.at("/job")) == 1
    assert queue.client.dlq.list().messages == []


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
def test_any_other_status_is_a_failure(queue: LocalQueue, destination: Destination, status: int) -> None:
    url = destination.answer("/job", Answer(status, {"Location": "/elsewhere"}))
    queue.publish(url=url, body="", retries=0)
    eventually(lambda: queue.client.dlq.list().messages)
    assert queue.client.dlq.list().messages[0].response_status == status
    assert destination.at("/elsewhere") == []


def test_a_destination_that_is_not_there_or_hangs_up_is_a_failure(queue: LocalQueue, destination: Destination) -> None:
    queue.publish(url="http://127.0.0.1:1/", body="", retries=0)
    queue.publish(url=destination.answer("/job", Answer(0)), body="", retries=0)
    eventually(lambda: len(queue.client.dlq.list().messages) == 2)
    assert {letter.response_status for letter in queue.client.dlq.list().messages} == {0}
