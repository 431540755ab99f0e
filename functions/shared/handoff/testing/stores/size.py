"""Whatever its size, a file is never held."""

import json
import subprocess
import sys
from dataclasses import asdict
from os import environ

from handoff.testing.stores.base import MIB, Elsewhere, StoreFixtures


class Size(StoreFixtures):
    """Whatever its size, a file is never held."""

    def test_64_megabytes_pass_without_being_held(self, opened_elsewhere: Elsewhere) -> None:
        """Put and read by a process of its own, which tells how much its memory grew."""
        asked = json.dumps({**asdict(opened_elsewhere), "size": self.large_bytes})
        done = subprocess.run(
            [sys.executable, "-m", "handoff.testing.stores.held"],
            input=asked, capture_output=True, text=True, timeout=120, check=False,
            env={**environ, **opened_elsewhere.environment},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["size"] == self.large_bytes
        assert told["read"] == told["put"]
        assert told["grown"] < 40 * MIB
