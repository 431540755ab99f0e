"""Lambda's Runtime API for one container: hands it events and notes when the answers come.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any
from uuid import uuid4

from tests.support.servers import http_server, send

VERSION = "/2018-06-01/runtime"
TIME_LIMIT_SECONDS = 30
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:bench"


class ContainerError(Exception):
    """The container did not answer, or with an error."""


@dataclass(frozen=True)
class Reply:
    """What a handler returned, and the time (time.perf_counter) at which the whole of it was here."""

    at: float
    body: Any


class RuntimeApi:
    """`address` is AWS_LAMBDA_RUNTIME_API of one container; it takes one event at a time."""

    def __init__(self) -> None:
        self.address = ""
        self.first_asked: float | None = None
        """When the container first asked for an event: its module is imported by then."""
        self._events: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self._replies: queue.Queue[Reply | ContainerError] = queue.Queue()

    def hand_over(self, event: Any) -> None:
        """The next event; it waits until the container asks for it."""
        self._events.put((str(uuid4()), json.dumps(event).encode()))

    def reply(self) -> Reply:
        """Waits for the answer to the event handed over. Raises ContainerError."""
        try:
            found = self._replies.get(timeout=TIME_LIMIT_SECONDS)
        except queue.Empty:
            raise ContainerError(f"no answer within {TIME_LIMIT_SECONDS} s") from None
        if isinstance(found, ContainerError):
            raise found
        return found

    def close(self) -> None:
        """Let go of a container that waits for an event."""
        self._events.put(None)

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.removeprefix(VERSION)
        if handler.command == "GET" and path == "/invocation/next":
            self._give_next(handler)
        elif handler.command == "POST" and path.endswith(("/response", "/error")):
            self._take(handler, is_error=path.endswith("/error"))
        else:
            send(handler, 404, b"{}")

    def _give_next(self, handler: BaseHTTPRequestHandler) -> None:
        if self.first_asked is None:
            self.first_asked = time.perf_counter()
        waiting = self._events.get()
        if waiting is None:
            handler.close_connection = True
            return
        request_id, body = waiting
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + TIME_LIMIT_SECONDS) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
        }
        send(handler, 200, body, **{name.replace("-", "_"): value for name, value in headers.items()})

    def _take(self, handler: BaseHTTPRequestHandler, *, is_error: bool) -> None:
        body = read_body(handler)
        at = time.perf_counter()
        if is_error:
            self._replies.put(ContainerError(body.decode(errors="replace")))
        else:
            self._replies.put(Reply(at, json.loads(body)))
        send(handler, 202, b'{"status":"OK"}', Content_Type="application/json")


def read_body(handler: BaseHTTPRequestHandler) -> bytes:
    """The client sends a body by its length, or in chunks."""
    if "chunked" not in handler.headers.get("Transfer-Encoding", ""):
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    body = b""
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


@contextmanager
def runtime_api() -> Iterator[RuntimeApi]:
    """A Runtime API on a free port."""
    api = RuntimeApi()
    with http_server(api.respond) as url:
        api.address = url.removeprefix("http://")
        try:
            yield api
        finally:
            api.close()
