"""The account with a vendor that a test may use, from the environment; and how a vendor reaches this machine."""

import os
from collections.abc import Iterator, Mapping
from typing import ClassVar

import pytest

from handoff.testing.clock import Clock
from handoff.testing.destination import Destination, running
from handoff.testing.queues.base import QueueFixtures

REACHED = ("HANDOFF_TEST_PUBLIC_URL", "HANDOFF_TEST_PORT")
"""A tunnel's address, and the port of this machine that it leads to."""


def account(provider: str, *names: str, needs: tuple[str, ...] = ()) -> Mapping[str, str]:
    """HANDOFF_TEST_<PROVIDER>_<NAME> for each name. Skips the module that asks where one is missing."""
    wanted = {name: f"HANDOFF_TEST_{provider}_{name}" for name in names}
    missing = [name for name in (*wanted.values(), *needs) if not os.environ.get(name)]
    if missing:
        pytest.skip(f"no account to test with: {', '.join(missing)} not set", allow_module_level=True)
    return {name: os.environ[variable] for name, variable in wanted.items()}


class RealTime(QueueFixtures):
    """Time passes by itself, so the unit is short and patience long."""

    pause_seconds: ClassVar[int] = 5
    patience_seconds: ClassVar[float] = 180


class ReachedByTunnel(RealTime):
    """The vendor calls: its calls come by a tunnel."""

    @pytest.fixture
    def destination(self, clock: Clock) -> Iterator[Destination]:
        public_url, port = (os.environ[name] for name in REACHED)
        with running(Destination(clock.now, port=int(port), public_url=public_url)) as made:
            yield made
