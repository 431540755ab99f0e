"""Where and on what the figures were measured."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.local.state import ROOT


def describe_machine(python: str) -> dict[str, Any]:
    """What changes the figures: processor, Python, the code; and when."""
    dirty = bool(output(["git", "status", "--porcelain", "--untracked-files=no", "--", "functions", "template.yaml"]))
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": output(["git", "rev-parse", "--short", "HEAD"]) + (" and changes" if dirty else ""),
        "python": output([python, "-c", "import platform; print(platform.python_version())"]),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": os.cpu_count(),
    }


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def output(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
