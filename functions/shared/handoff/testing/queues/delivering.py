"""A message arrives as it was sent, when it was to."""

from hashlib import sha256

import pytest

from handoff.errors import MessageTooLargeError, QueueUnavailableError
from handoff.jobs.queues.base import Capability, Message, Queue
from handoff.testing.destination import Answer
from handoff.testing.promises import asks
from handoff.testing.queues.base import BODY, CREDENTIAL, JSON, QueueFixtures, Scene

BODIES = [
    b"",
    b'{"a":1,  "a" : 1.0,\r\n "\\u00e9": "\xc3\xa9"}',
    bytes(range(256)),
    b"\xff\xfe",
    b"\n",
    b"null",
    b"%2B+%00",
    b"x" * 70_000,
]


class Delivering(QueueFixtures):
    """A message arrives as it was sent, when it was to."""

    @pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
    def test_a_body_arrives_byte_by_byte(self, body: bytes, scene: Scene) -> None:
        scene.send(body=body)
        assert scene.arrived()[0].body == body

    def test_a_body_as_large_as_the_queue_takes_arrives(self, scene: Scene, largest_body: int) -> None:
        body = bytes(range(251)) * (largest_body // 251 + 1)
        scene.send(body=body[:largest_body])
        (arrived,) = scene.arrived()
        assert len(arrived.body) == largest_body
        assert sha256(arrived.body).digest() == sha256(body[:largest_body]).digest()

    def test_a_larger_body_is_an_error_of_its_own_and_is_not_sent(self, scene: Scene, largest_body: int) -> None:
        with pytest.raises(MessageTooLargeError) as caught:
            scene.send(body=b"x" * (largest_body + 1))
        assert "xxx" not in str(caught.value)
        scene.later()
        assert scene.destination.arrived("/job") == []

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_method_and_headers_are_those_of_the_message(self, method: str, scene: Scene) -> None:
        scene.send("/job?a=b%2Fc&d=", method=method, headers={**JSON, "X-Mine": 'a, "b"; c'})
        (arrived,) = scene.arrived()
        assert (arrived.method, arrived.url) == (method, scene.url("/job?a=b%2Fc&d="))
        assert (arrived.headers["content-type"], arrived.headers["x-mine"]) == ("application/json", 'a, "b"; c')

    def test_sending_does_not_wait_for_the_answer(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(held=True))
        scene.send()
        scene.arrived()
        assert scene.destination.under_way("/job") == 1

    def test_a_delay_is_waited_out(self, scene: Scene) -> None:
        before = scene.clock.now()
        scene.send(delay_seconds=3 * scene.pause_seconds)
        (arrived,) = scene.arrived()
        assert 3 * scene.pause_seconds - 1 <= arrived.at - before < 6 * scene.pause_seconds

    @asks(Capability.DEDUPLICATION)
    def test_a_deduplication_id_is_taken_once(self, scene: Scene) -> None:
        for _ in range(3):
            scene.send(deduplication_id="a-1")
        scene.send("/other", deduplication_id="a-2")
        scene.arrived("/other")
        scene.later()
        assert len(scene.destination.arrived("/job")) == (1 if scene.can(Capability.DEDUPLICATION) else 3)

    @asks(Capability.CANCEL)
    def test_a_message_that_is_called_back_does_not_arrive(self, scene: Scene) -> None:
        message_id = scene.send(delay_seconds=4 * scene.pause_seconds)
        scene.send("/other", delay_seconds=4 * scene.pause_seconds)
        if scene.can(Capability.CANCEL):
            scene.cancel(message_id)
            scene.later()
            assert scene.destination.arrived("/job") == []
            scene.arrived("/other")  # another message is not called back with it
        else:
            with pytest.raises(NotImplementedError):
                scene.cancel(message_id)
            scene.arrived()

    @asks(Capability.CANCEL)
    def test_calling_back_what_is_gone_is_no_error(self, scene: Scene) -> None:
        message_id = scene.send()
        scene.arrived()
        scene.later()
        if scene.can(Capability.CANCEL):
            scene.cancel(message_id)
            scene.cancel(message_id)

    def test_a_queue_that_is_not_there_says_so_in_our_words(
        self, unreachable: Queue, scene: Scene, secrets: list[str]
    ) -> None:
        with pytest.raises(QueueUnavailableError) as caught:
            scene.runner.run(unreachable.send(Message(scene.url("/job"), BODY)))
        said = f"{caught.value} {caught.value!r}"
        assert not [secret for secret in [CREDENTIAL, *secrets] if secret in said]
