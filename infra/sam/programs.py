"""Runs another program to its end, and says what it said when it failed."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from infra.local.errors import LocalError


def run(
    command: Sequence[str | Path],
    environment: Mapping[str, str] | None = None,
    *,
    check: bool = True,
    stdin: IO[bytes] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Raises LocalError with the end of its output, unless `check` is False."""
    done = subprocess.run(
        command,
        env=environment,
        stdin=stdin or subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        words = " ".join(map(str, command[:3]))
        said = (done.stderr or done.stdout).strip().splitlines()[-15:]
        raise LocalError("\n".join([f"`{words} …` failed:", *said]))
    return done
