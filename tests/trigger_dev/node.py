"""Runs infra/trigger_dev with the vendor's packages, which `make test` installs there."""

import json
import subprocess
from typing import Any

from infra.local.state import ROOT
from infra.local.trigger_dev.node import find_node

PROJECT = ROOT / "infra" / "trigger_dev"
PACKAGES = PROJECT / "node_modules"
SECONDS = 120


def run_node(*arguments: str, asked: Any = None, **environment: str) -> str:
    """What Node.js prints."""
    assert (PACKAGES / "handoff.stamp").exists(), "The packages are not installed: make test"
    node = find_node()
    assert node is not None
    done = subprocess.run(
        [node, *arguments],
        cwd=PROJECT,
        input=json.dumps(asked),
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout
