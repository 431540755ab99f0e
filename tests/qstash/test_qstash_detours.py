"""Detours: a destination's host leads to another address."""

import ssl
import threading
from collections.abc import Iterator

import pytest
import trustme
from qstash import Receiver
from qstash.chat import custom, openai

from infra.local.qstash import DEVELOPMENT_CURRENT_SIGNING_KEY, DEVELOPMENT_NEXT_SIGNING_KEY, detours
from infra.local.qstash.clock import Clock
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, eventually

ORIGINAL = "https://api.example.com/v1/images?size=1%2F2&q=a+b"


@pytest.fixture
def mapped(start_queue: StartQueue, destination: Destination) -> LocalQueue:
    """A server for which api.example.com:443 is the destination."""
    return start_queue(detours=dict([detours.parse(f"api.example.com:443={destination.url}")]))


def test_https_to_a_mapped_host_is_spoken_as_http_to_the_address(mapped: LocalQueue, destination: Destination) -> None:
    accepted = mapped.publish(url=ORIGINAL, body="draw")
    [received] = destination.wait("/v1/images")
    assert received.path == "/v1/images?size=1%2F2&q=a+b"
    assert (received.body, received.headers["host"]) == (b"draw", "api.example.com")
    Receiver(DEVELOPMENT_CURRENT_SIGNING_KEY, DEVELOPMENT_NEXT_SIGNING_KEY).verify(
        signature=received.headers["upstash-signature"], body="draw", url=ORIGINAL
    )
    mapped.settle()
    assert {log.url for log in mapped.client.log.list(filter={"message_id": accepted.message_id}).logs} == {ORIGINAL}


def test_callbacks_and_dead_letters_name_the_original(mapped: LocalQueue, destination: Destination) -> None:
    destination.answer("/v1/images", Answer(500))
    mapped.publish(url=ORIGINAL, body="", retries=0, failure_callback="https://api.example.com/failed")
    [called] = destination.wait("/failed")
    assert ORIGINAL.encode() in called.body
    assert destination.url.encode() not in called.body
    assert [letter.url for letter in mapped.client.dlq.list().messages] == [ORIGINAL]


def test_a_message_to_a_models_api_goes_there_with_the_publishers_token(
    start_queue: StartQueue, destination: Destination
) -> None:
    queue = start_queue(detours=dict([detours.parse(f"api.openai.com={destination.url}")]))
    queue.client.message.publish_json(api={"name": "llm", "provider": openai("canary")}, body={"model": "m"})
    queue.client.message.publish(
        api={"name": "llm", "provider": custom("https://api.openai.com/v1/chat/completions", "t")}
    )
    first, second = destination.wait("/v1/chat/completions", 2)
    assert {each.headers["authorization"] for each in (first, second)} == {"Bearer canary", "Bearer t"}
    assert {each.headers["host"] for each in (first, second)} == {"api.openai.com"}


@pytest.mark.parametrize("url", ["http://api.example.com:1/x", "http://127.0.0.1:1/x"])
def test_another_host_or_port_is_as_it_was(mapped: LocalQueue, destination: Destination, url: str) -> None:
    mapped.publish(url=url.replace("api.example.com", "127.0.0.1"), body="", retries=0)
    eventually(lambda: mapped.client.dlq.list().messages)
    assert destination.received == []


def test_a_default_port_is_the_schemes(start_queue: StartQueue, destination: Destination) -> None:
    queue = start_queue(Clock(), detours=dict([detours.parse(f"API.example.com:80={destination.url}")]))
    queue.publish(url="http://api.example.com/x", body="")
    assert destination.wait("/x")[0].headers["host"] == "api.example.com"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Destination]:
    """A destination that speaks https, with a certificate for api.example.com."""
    with Destination() as running:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("api.example.com").configure_cert(context)
        running.socket = context.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_https_to_an_https_address_wants_a_certificate_for_the_original_host(
    start_queue: StartQueue, secure: Destination, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    monkeypatch.setattr("infra.local.qstash.attempt._tls", lambda: trusting)
    address = secure.url.replace("http:", "https:")
    hosts = ("api.example.com", "other.example")
    queue = start_queue(detours=dict(detours.parse(f"{host}:443={address}") for host in hosts))
    queue.publish(url="https://api.example.com/x", body="")
    assert secure.wait("/x")[0].headers["host"] == "api.example.com"
    queue.publish(url="https://other.example/y", body="", retries=0)
    eventually(lambda: queue.client.dlq.list().messages)
    assert "CERTIFICATE_VERIFY_FAILED" in (queue.client.dlq.list().messages[0].response_body or "")
    assert secure.at("/y") == []


@pytest.mark.parametrize(
    "text",
    [
        "", "api.example.com", "=http://127.0.0.1:1", "api.example.com:x=http://127.0.0.1:1", "a/b=http://127.0.0.1:1",
        "api.example.com=127.0.0.1:1", "api.example.com=ftp://127.0.0.1", "api.example.com=http://127.0.0.1:1/path",
        "api.example.com=http://me@127.0.0.1:1",
    ],
)  # fmt: skip
def test_what_is_no_detour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        detours.parse(text)
