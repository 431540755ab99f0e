"""One process that runs one function, one event at a time: the gateway's side of infra/local/container.py."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local.container import ERROR, EVENT, HEADER, READY
from infra.local.gateway.errors import (
    AnswerTooLargeError,
    EventTooLargeError,
    FunctionError,
    FunctionTimeoutError,
    IntegrationTimeoutError,
)
from infra.local.gateway.limits import Limits
from infra.local.gateway.template import Function


class Container:
    """fresh: has handled no event yet. idle_since: on the monotonic clock."""

    fresh = True
    idle_since = 0.0
    _ending = False

    def __init__(
        self,
        function: Function,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ):
        self._function = function
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def start(cls, function: Function, environment: Mapping[str, str], log: Path) -> Container:
        """Returns once the module is imported. Raises FunctionError if it cannot be."""
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        with theirs, log.open("ab") as output:
            command = [sys.executable, "-m", "infra.local.container", str(function.module)]
            start = asyncio.to_thread(
                subprocess.Popen,
                [*command, "--socket", str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=dict(environment),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            starting = asyncio.ensure_future(start)
            try:
                process = await asyncio.shield(starting)
            except asyncio.CancelledError:
                # A thread cannot be cancelled: the process will be there, and nobody else would end it.
                cls(function, await starting, reader, writer).kill()
                raise
        container = cls(function, process, reader, writer)
        try:
            kind, body = await container._receive()
            if kind != READY:
                raise FunctionError(f"{function.name}: {json.loads(body)['errorMessage']}")
        except BaseException:
            container.kill()
            raise
        return container

    @property
    def alive(self) -> bool:
        return not self._ending and not self._reader.at_eof() and not self.gone

    async def invoke(self, event: Any, limits: Limits, *, by_http: bool) -> Any:
        """What the handler returned. Raises InvocationError; after that the container may no longer be `alive`."""
        self.fresh = False
        encoded = json.dumps(event).encode()
        if len(encoded) > limits.event_bytes:
            raise EventTooLargeError(f"the event has {len(encoded)} bytes")
        gateway_gives_up = by_http and limits.integration_seconds <= self._function.timeout
        seconds = limits.integration_seconds if gateway_gives_up else self._function.timeout
        frame = b'{"event":%b,"context":%b}' % (encoded, json.dumps(self._context()).encode())
        try:
            async with asyncio.timeout(seconds):
                self._writer.write(len(frame).to_bytes(4, "big") + EVENT + frame)
                kind, body = await self._receive()
        except TimeoutError as error:
            self.kill()
            overrun = IntegrationTimeoutError if gateway_gives_up else FunctionTimeoutError
            raise overrun(f"it took more than {seconds:g} s and was ended") from error
        if kind == ERROR:
            raise FunctionError(f"the handler raised {json.loads(body)['errorType']}")
        if len(body) > limits.answer_bytes:
            raise AnswerTooLargeError(f"the result has {len(body)} bytes")
        return json.loads(body)

    def end(self) -> None:
        """The process exits when its standard input ends. Returns at once."""
        self._ending = True
        self._writer.close()
        if self._process.stdin:
            self._process.stdin.close()

    @property
    def gone(self) -> bool:
        """Whether the process has exited; asking is what takes it off the kernel's list."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Returns once it is gone, which takes a few milliseconds."""
        self._process.kill()
        self._process.wait()
        self.end()

    def _context(self) -> dict[str, Any]:
        name = self._function.name
        return {
            "aws_request_id": str(uuid.uuid4()),
            "deadline_ms": int((time.time() + self._function.timeout) * 1000),
            "function_name": name,
            "memory_limit_in_mb": str(self._function.memory_mb),
            "invoked_function_arn": f"arn:aws:lambda:local:000000000000:function:{name}",
        }

    async def _receive(self) -> tuple[bytes, bytes]:
        try:
            header = await self._reader.readexactly(HEADER)
            return header[4:], await self._reader.readexactly(int.from_bytes(header[:4], "big"))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise FunctionError(f"{self._function.name}: its process ended") from error
