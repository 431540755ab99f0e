"""Small real HTTP servers: the network's edge, where fakes are allowed."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Respond = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """A client that hangs up, as some tests make it, is no error of the server's."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def http_server(respond: Respond) -> Iterator[str]:
    """A server on a free loopback port that answers every request with `respond`; gives its base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # an answer in two writes would wait 40 ms for the first to be acknowledged

        def handle_any(self) -> None:
            respond(self)

        do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = handle_any

        def log_message(self, *_: object) -> None: ...

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    """A whole answer with its length."""
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


@dataclass
class Source:
    """The document's source: what it answers can be changed while it runs."""

    url: str = ""
    status: int = 200
    body: bytes = b"%PDF-1.7\n" + b"x" * 2000 + b"\n%%EOF\n"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/pdf"})
    requests: int = 0
    before_answer: Callable[[], None] = lambda: None

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests += 1
        self.before_answer()
        send(handler, self.status, self.body, **self.headers)


@dataclass
class PublishedMessage:
    """A message as QStash's publish endpoint received it."""

    destination: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class PublishEndpoint:
    """Stands where QStash stands, and keeps what was published instead of delivering it."""

    url: str = ""
    status: int = 201
    before_answer: Callable[[], None] = lambda: None
    published: list[PublishedMessage] = field(default_factory=list)
    canceled: list[str] = field(default_factory=list)

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.before_answer()
        if handler.command == "DELETE":
            self.canceled.append(handler.path.removeprefix("/v2/messages/"))
            send(handler, 202, b"{}")
            return
        if self.status == 201:
            destination = handler.path.removeprefix("/v2/publish/")
            self.published.append(PublishedMessage(destination, dict(handler.headers.items()), body))
        send(handler, self.status, json.dumps({"messageId": f"msg_{len(self.published)}"}).encode())
