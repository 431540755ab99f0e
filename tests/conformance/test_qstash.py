"""QStash, against the local server that speaks its protocol."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import httpx
import pytest

from handoff.jobs.queues.base import SignedRequest
from handoff.jobs.queues.qstash import QStashQueue
from handoff.testing import QueueConformance
from handoff.testing.queues import CREDENTIAL, CREDENTIAL_NAME, Signing
from handoff.testing.tokens import claims, token
from infra.local import qstash
from infra.local.qstash import limits
from tests.conformance.steps import LocalQStash, local_qstash

KEYS = (qstash.DEVELOPMENT_CURRENT_SIGNING_KEY, qstash.DEVELOPMENT_NEXT_SIGNING_KEY)
LIFETIME_SECONDS = 300


class TestQStashQueue(QueueConformance):
    @pytest.fixture
    def clock(self) -> Iterator[LocalQStash]:
        with local_qstash() as made:
            yield made

    @pytest.fixture
    def queue(self, clock: LocalQStash, runner: asyncio.Runner) -> Iterator[QStashQueue]:
        with sending(clock.url, runner) as made:
            yield made

    @pytest.fixture
    def unreachable(self, runner: asyncio.Runner) -> Iterator[QStashQueue]:
        with sending("http://127.0.0.1:1", runner) as made:
            yield made

    @pytest.fixture
    def receiver(self) -> QStashQueue:
        return QStashQueue(signing_keys=KEYS)

    @pytest.fixture
    def largest_body(self) -> int:
        return limits.MAX_BODY_BYTES

    @pytest.fixture
    def shown(self, clock: LocalQStash) -> Callable[[], str]:
        """https://upstash.com/docs/qstash/howto/debug-logs and https://upstash.com/docs/qstash/features/dlq"""

        def shown() -> str:
            headers = {"Authorization": f"Bearer {qstash.DEVELOPMENT_TOKEN}"}
            with httpx.Client(base_url=clock.url, headers=headers, trust_env=False) as client:
                pages = [client.get(path) for path in ("/v2/logs", "/v2/dlq")]
            assert all(page.status_code == 200 and "/job" in page.text for page in pages)
            return "\n".join(page.text for page in pages)

        return shown

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [qstash.DEVELOPMENT_TOKEN, *KEYS]

    @pytest.fixture
    def signing(self) -> Signing:
        return Signing(sign, KEYS, LIFETIME_SECONDS, lambda keys: QStashQueue(signing_keys=keys))


@contextlib.contextmanager
def sending(url: str, runner: asyncio.Runner) -> Iterator[QStashQueue]:
    queue = QStashQueue(url=url, token=qstash.DEVELOPMENT_TOKEN, credentials={CREDENTIAL_NAME: CREDENTIAL})
    yield queue
    runner.run(queue._client.http._client.aclose())


def sign(url: str, body: bytes, *, key: str, at: int = 0) -> SignedRequest:
    made = token(claims("Upstash", url, body, at=at, lifetime_seconds=LIFETIME_SECONDS), key)
    headers = {"Upstash-Signature": made, "Upstash-Message-Id": "msg_1", "Upstash-Retried": "0"}
    return SignedRequest(url, headers, body)
