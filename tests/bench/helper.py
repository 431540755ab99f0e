"""Processes that measure, and that are measured, apart from each other and from what compares them."""

import json
import subprocess
import sys
from types import TracebackType
from typing import Any


class Helper:
    """A process of a measurement, `python -m module`, that is spoken to in lines of JSON and ends with its input."""

    def __init__(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Helper":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)

    def ask(self, question: Any = None) -> Any:
        """The next line it writes, after a line was written to it."""
        assert self._process.stdin
        assert self._process.stdout
        if question is not None:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args!r} ended")
        return json.loads(line)
