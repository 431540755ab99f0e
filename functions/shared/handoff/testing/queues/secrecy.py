"""What is nobody's business is told to nobody."""

import contextlib
import logging
from collections.abc import Callable, Sequence

import pytest

from handoff.errors import QueueUnavailableError
from handoff.jobs.queues.base import Capability, Message, Queue
from handoff.testing.destination import Answer
from handoff.testing.promises import asks
from handoff.testing.queues.base import BODY, CREDENTIAL, CREDENTIAL_NAME, QueueFixtures, Scene

PRIVATE = "a-private-value-0123456789abcdef"


class Secrecy(QueueFixtures):
    """What is nobody's business is told to nobody."""

    def test_a_credential_goes_with_the_call_and_comes_back_with_no_report(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(500))
        back, failed = scene.url("/back"), scene.url("/failed")
        scene.send(credential=CREDENTIAL_NAME, callback_url=back, failure_callback_url=failed)
        assert scene.arrived()[0].headers["authorization"] == f"Bearer {CREDENTIAL}"
        for path in ("/back", "/failed"):
            (arrived,) = scene.arrived(path)
            assert "authorization" not in arrived.headers
            assert not _said(CREDENTIAL, f"{arrived.body!r} {arrived.headers} {scene.reports(path)}")

    def test_a_call_whose_credential_is_not_there_is_not_made(self, scene: Scene) -> None:
        """It would be made as somebody else. Who sends is told at once where it would have to have it itself."""
        with contextlib.suppress(ValueError):
            scene.send(credential="no-such-credential")
        scene.later()
        assert scene.destination.arrived("/job") == []

    @asks(Capability.REDACTION)
    def test_what_is_to_be_redacted_is_shown_to_nobody(self, scene: Scene, shown: Callable[[], str]) -> None:
        scene.destination.answer("/job", Answer(500))
        headers = {"X-Private": PRIVATE, "X-Open": "an-open-value"}
        scene.send(headers=headers, redact=("X-Private",), failure_callback_url=scene.url("/failed"))
        assert scene.arrived()[0].headers["x-private"] == PRIVATE
        scene.arrived("/failed")
        scene.later()
        if scene.can(Capability.REDACTION):
            assert not _said(PRIVATE, shown())

    def test_the_queue_shows_no_credential(self, scene: Scene, shown: Callable[[], str]) -> None:
        scene.destination.answer("/job", Answer(500))
        scene.send("/job?canary=1", credential=CREDENTIAL_NAME, failure_callback_url=scene.url("/failed"))
        scene.arrived("/failed")
        scene.later()
        assert not _said(CREDENTIAL, shown())

    def test_nothing_is_logged_that_opens_a_door(
        self, scene: Scene, unreachable: Queue, secrets: Sequence[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        """What a library says below INFO is for whoever turns that on, on a machine of their own."""
        caplog.set_level(logging.INFO)
        scene.destination.answer("/job", Answer(500, {}, PRIVATE.encode()))
        scene.send(
            headers={"X-Private": PRIVATE},
            redact=("X-Private",),
            credential=CREDENTIAL_NAME,
            retries=1,
            callback_url=scene.url("/back"),
            failure_callback_url=scene.url("/failed"),
        )
        scene.arrived("/failed")
        scene.arrived("/back", 2)
        with contextlib.suppress(QueueUnavailableError):
            scene.runner.run(unreachable.send(Message(scene.url("/job"), BODY)))
        assert not [said for said in [CREDENTIAL, PRIVATE, *secrets] if _said(said, caplog.text)]


def _said(secret: str, text: str) -> bool:
    return secret in text or secret.encode().hex() in text
