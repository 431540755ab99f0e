"""Trigger.dev keeps the promises of every queue: the provider, the stand-in and the task of infra/trigger_dev."""

import json
from collections.abc import Callable, Iterator

import pytest

from handoff.jobs.queues import trigger_dev as provider
from handoff.jobs.queues.base import Message, SignedRequest
from handoff.jobs.queues.trigger_dev import LARGEST_REQUEST_BYTES, TriggerDevQueue
from handoff.testing import QueueConformance
from handoff.testing.destination import Destination
from handoff.testing.queues import CREDENTIAL, CREDENTIAL_NAME, Signing
from handoff.testing.queues.base import QueueFixtures
from handoff.testing.tokens import claims, token
from infra.local import trigger_dev
from tests.trigger_dev.standing import KEYS, MovedClock, Standing, standing

LIFETIME_SECONDS = 300
"""infra/trigger_dev/src/sign.ts"""


class TriggerDevFixtures(QueueFixtures):
    @pytest.fixture
    def trigger(self) -> Iterator[Standing]:
        with standing({f"{CREDENTIAL_NAME.upper()}_API_KEY": CREDENTIAL}) as running:
            yield running

    @pytest.fixture
    def clock(self, trigger: Standing) -> MovedClock:
        return trigger.clock

    @pytest.fixture
    def queue(self, trigger: Standing) -> TriggerDevQueue:
        return TriggerDevQueue(url=trigger.url, secret_key=trigger_dev.DEVELOPMENT_SECRET_KEY)

    @pytest.fixture
    def receiver(self) -> TriggerDevQueue:
        return TriggerDevQueue(signing_keys=KEYS)

    @pytest.fixture
    def unreachable(self) -> TriggerDevQueue:
        return TriggerDevQueue(url="http://127.0.0.1:1", secret_key=trigger_dev.DEVELOPMENT_SECRET_KEY)

    @pytest.fixture
    def largest_body(self, destination: Destination) -> int:
        message = Message(destination.base + "/job", b"", headers={"Content-Type": "application/json"}, retries=0,
                          retry_pause_seconds=self.pause_seconds)  # fmt: skip
        around = len(json.dumps({"payload": provider._payload(message), "options": provider._options(message)}))
        return (LARGEST_REQUEST_BYTES - around) // 4 * 3

    @pytest.fixture
    def shown(self, trigger: Standing) -> Callable[[], str]:
        return lambda: json.dumps([run.request.payload for run in trigger.runs.all()])

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [trigger_dev.DEVELOPMENT_SECRET_KEY, *KEYS]

    @pytest.fixture
    def signing(self) -> Signing:
        return Signing(sign, KEYS, LIFETIME_SECONDS, lambda keys: TriggerDevQueue(signing_keys=keys))


class TestTriggerDev(TriggerDevFixtures, QueueConformance):
    pass


def sign(url: str, body: bytes, *, key: str, at: int = 0) -> SignedRequest:
    made = token(claims("Handoff", url, body, at=at, lifetime_seconds=LIFETIME_SECONDS), key)
    return SignedRequest(url, {"Handoff-Signature": made, "Handoff-Message-Id": "run_1", "Handoff-Retried": "0"}, body)
