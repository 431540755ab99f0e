"""Finds what a test's processes left running: by a mark in the environment that their children inherit (Linux)."""

import contextlib
import os
import signal
import time
from pathlib import Path

# The one variable of the machine that nobody here needs and that every child of ours is given.
MARK = "TMPDIR"


def marked(value: str) -> list[str]:
    """Command lines of the running processes with this mark."""
    return list(with_mark(value).values())


def with_mark(value: str) -> dict[int, str]:
    """The same by process id."""
    needle = f"{MARK}={value}".encode()
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and needle in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it ended meanwhile, or is not ours to look at
            continue
    return found


def gone(value: str, seconds: float = 5.0) -> bool:
    """Whether all of them end in time."""
    deadline = time.monotonic() + seconds
    while marked(value):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def kill(value: str) -> None:
    """Leaves none of them, whatever a test has found."""
    for pid in with_mark(value):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
