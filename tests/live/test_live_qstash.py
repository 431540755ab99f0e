"""QStash itself keeps the promises that its stand-in keeps."""

import asyncio
import os
from collections.abc import Callable, Iterator

import httpx
import pytest

from handoff.jobs.queues.qstash import QStashQueue
from handoff.testing import QueueConformance
from handoff.testing.queues import CREDENTIAL, CREDENTIAL_NAME, Signing
from tests.conformance.test_qstash import LIFETIME_SECONDS, sending, sign
from tests.live.account import REACHED, ReachedByTunnel, account

ACCOUNT = account("QSTASH", "URL", "TOKEN", "CURRENT_SIGNING_KEY", "NEXT_SIGNING_KEY", needs=REACHED)
KEYS = (ACCOUNT["CURRENT_SIGNING_KEY"], ACCOUNT["NEXT_SIGNING_KEY"])


class TestLiveQStash(ReachedByTunnel, QueueConformance):
    @pytest.fixture
    def queue(self, runner: asyncio.Runner) -> Iterator[QStashQueue]:
        made = QStashQueue(url=ACCOUNT["URL"], token=ACCOUNT["TOKEN"], credentials={CREDENTIAL_NAME: CREDENTIAL})
        yield made
        runner.run(made._client.http._client.aclose())

    @pytest.fixture
    def unreachable(self, runner: asyncio.Runner) -> Iterator[QStashQueue]:
        with sending("http://127.0.0.1:1", runner) as made:
            yield made

    @pytest.fixture
    def receiver(self) -> QStashQueue:
        return QStashQueue(signing_keys=KEYS)

    @pytest.fixture
    def largest_body(self) -> int:
        """The plan's, if it is not the smallest one: https://upstash.com/pricing/qstash"""
        return int(os.environ.get("HANDOFF_TEST_QSTASH_LARGEST_BODY", 1024 * 1024))

    @pytest.fixture
    def shown(self) -> Callable[[], str]:
        def shown() -> str:
            headers = {"Authorization": f"Bearer {ACCOUNT['TOKEN']}"}
            with httpx.Client(base_url=ACCOUNT["URL"], headers=headers) as client:
                return "\n".join(client.get(path).raise_for_status().text for path in ("/v2/logs", "/v2/dlq"))

        return shown

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [ACCOUNT["TOKEN"], *KEYS]

    @pytest.fixture
    def signing(self) -> Signing:
        return Signing(sign, KEYS, LIFETIME_SECONDS, lambda keys: QStashQueue(signing_keys=keys))
