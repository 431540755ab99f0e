"""Starts the commands the laptop stack consists of, each under guard.py, so that none outlives us."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")


class Process:
    """A running command. It ends with us, however we end.

    command      argument list; its standard input is empty, its output is appended to `log`
    stop_signal  what asks it to end; five seconds later it is killed
    environment  its whole environment; None means ours
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD), stop_signal.name, *map(str, command)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=None if environment is None else dict(environment),
                # Its own session: Ctrl-C in the terminal reaches us alone, and we end the others in order.
                start_new_session=True,
            )
        assert self._guard.stdout
        with self._guard.stdout as first_line:
            self.pid = int(first_line.readline() or 0)

    @property
    def running(self) -> bool:
        return self._guard.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._guard.poll()

    def stop(self, timeout: float = 10.0) -> None:
        """Asks the command to end and waits until it has. May be called again."""
        self.ask_to_stop()
        try:
            self._guard.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def ask_to_stop(self) -> None:
        """The first half of stop(): several can be asked before the first is waited for."""
        assert self._guard.stdin
        self._guard.stdin.close()

    def kill(self) -> None:
        """kill -9, as a crash would have it."""
        if self.pid and self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self._guard.wait(5)
        self.ask_to_stop()


def command_line(pid: int) -> str:
    """What a process was started with; empty when there is no such process."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    command = ["ps", "-o", "args=", "-p", str(pid)]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout
