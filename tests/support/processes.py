"""A function in a process of its own, as Lambda has it: with its own clock, and everything that it prints kept."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from uuid import uuid4

from infra.local.container import EVENT, READY, RESULT, receive_exactly, send
from tests.support.functions import FUNCTIONS, LOADED, Answer, event, invoke


class FunctionProcess:
    """Takes events until it is ended. `log` is what it printed so far."""

    def __init__(self, name: str, gateway: socket.socket, log: Path) -> None:
        self.__name__ = name
        self._gateway = gateway
        self._log = log

    @property
    def log(self) -> bytes:
        return self._log.read_bytes()

    def request(self, method: str, path: str, **request: Any) -> Answer:
        """One HTTP request, by way of the handler."""
        return invoke(cast(ModuleType, self), event(method, path, **request))

    def visit(self, url: str, method: str = "GET", **headers: str) -> Answer:
        """A request on a link."""
        return self.request(method, "/download/" + url.rsplit("/", 1)[1], headers=headers)

    def handler(self, sent: Mapping[str, Any], _: object = None) -> dict[str, Any]:
        context = {
            "aws_request_id": str(uuid4()),
            "deadline_ms": 0,
            "function_name": "test",
            "memory_limit_in_mb": "512",
            "invoked_function_arn": "arn:aws:lambda:local:000000000000:function:test",
        }
        send(self._gateway, EVENT, json.dumps({"event": sent, "context": context}).encode())
        kind, body = self.receive()
        assert kind == RESULT, body
        answer: dict[str, Any] = json.loads(body)
        return answer

    def receive(self) -> tuple[bytes, bytes]:
        header = receive_exactly(self._gateway, 5)
        assert header is not None, self.log
        body = receive_exactly(self._gateway, int.from_bytes(header[:4], "big"))
        assert body is not None, self.log
        return header[4:], body


@contextmanager
def function_process(
    function: str | Path, environment: Mapping[str, str], folder: Path, clock: Mapping[str, str] | None = None
) -> Iterator[FunctionProcess]:
    """Start functions/<function>/app.py, or the module at a path; `clock` is from `clocks.moved_clock`."""
    module = function if isinstance(function, Path) else FUNCTIONS / function / "app.py"
    log = folder / f"{uuid4().hex}.log"
    ours, theirs = socket.socketpair()
    with ours, theirs, log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.container", str(module), "--socket", str(theirs.fileno())],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env={**os.environ, **environment, **(clock or {})},
            pass_fds=[theirs.fileno()],
            cwd=FUNCTIONS.parent,
        )
        theirs.close()
        name = function.stem if isinstance(function, Path) else f"{function}{LOADED}"
        made = FunctionProcess(name, ours, log)
        try:
            kind, body = made.receive()
            assert kind == READY, body
            yield made
        finally:
            ours.close()  # it ends by itself now, and libfaketime takes its shared memory with it
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            assert process.stdin is not None
            process.stdin.close()  # or else at once
            process.wait()
