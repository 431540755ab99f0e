"""Trigger.dev itself, with the task of infra/trigger_dev deployed, keeps the promises that its stand-in keeps.

The task's environment has HANDOFF_SIGNING_KEY, as named here, and CONFORMANCE_API_KEY: the suite's CREDENTIAL.
"""

from collections.abc import Callable

import httpx
import pytest

from handoff.jobs.queues.trigger_dev import TriggerDevQueue
from handoff.testing import QueueConformance
from handoff.testing.queues import Signing
from tests.live.account import REACHED, ReachedByTunnel, account
from tests.trigger_dev.test_trigger_dev_conformance import LIFETIME_SECONDS, TriggerDevFixtures, sign

ACCOUNT = account("TRIGGER_DEV", "URL", "SECRET_KEY", "SIGNING_KEY", needs=REACHED)
KEYS = (ACCOUNT["SIGNING_KEY"], "the signing key that comes after that one")


class TestLiveTriggerDev(ReachedByTunnel, QueueConformance):
    largest_body = TriggerDevFixtures.largest_body

    @pytest.fixture
    def queue(self) -> TriggerDevQueue:
        return TriggerDevQueue(url=ACCOUNT["URL"], secret_key=ACCOUNT["SECRET_KEY"])

    @pytest.fixture
    def unreachable(self) -> TriggerDevQueue:
        return TriggerDevQueue(url="http://127.0.0.1:1", secret_key=ACCOUNT["SECRET_KEY"])

    @pytest.fixture
    def receiver(self) -> TriggerDevQueue:
        return TriggerDevQueue(signing_keys=KEYS)

    @pytest.fixture
    def shown(self) -> Callable[[], str]:
        """https://trigger.dev/docs/management/runs/list and https://trigger.dev/docs/management/runs/retrieve"""

        def shown() -> str:
            headers = {"Authorization": f"Bearer {ACCOUNT['SECRET_KEY']}"}
            with httpx.Client(base_url=ACCOUNT["URL"], headers=headers) as client:
                runs = client.get("/api/v1/runs", params={"page[size]": 10}).raise_for_status().json()["data"]
                paths = [f"/api/v3/runs/{run['id']}" for run in runs]
                return "\n".join(client.get(path).raise_for_status().text for path in paths)

        return shown

    @pytest.fixture
    def secrets(self) -> list[str]:
        return [ACCOUNT["SECRET_KEY"], ACCOUNT["SIGNING_KEY"]]

    @pytest.fixture
    def signing(self) -> Signing:
        return Signing(sign, KEYS, LIFETIME_SECONDS, lambda keys: TriggerDevQueue(signing_keys=keys))
