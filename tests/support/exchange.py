"""One HTTP request that passes through a proxy, and what can become of it there."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler

NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length", "expect"}


class Exchange:
    """One request and what becomes of it. Whoever made the request is told nothing until `answer`."""

    def __init__(self, target: tuple[str, int], client: BaseHTTPRequestHandler) -> None:
        self.client = client
        self._target = target
        self.body = client.rfile.read(int(client.headers.get("Content-Length", 0)))
        self.status: int | None = None
        """What the other side said, whether or not the client heard of it."""
        self.over = threading.Event()
        """Nothing more comes of it, on either side."""

    @property
    def line(self) -> str:
        return f"{self.client.command} {self.client.path}"

    def forward(self) -> tuple[HTTPResponse, bytes]:
        """Let the other side act on it."""
        server = HTTPConnection(*self._target, timeout=60)
        server.putrequest(self.client.command, self.client.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.client.headers.items():
            if name.lower() not in NOT_PASSED_ON:
                server.putheader(name, value)
        server.putheader("Content-Length", str(len(self.body)))
        server.endheaders(self.body)
        answer = server.getresponse()
        self.status, body = answer.status, answer.read()
        server.close()
        return answer, body

    def answer(self, answer: HTTPResponse, body: bytes, length: int | None = None) -> None:
        """Tell the client, or the first `length` bytes of it."""
        self.client.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in NOT_PASSED_ON:
                self.client.send_header(name, value)
        promised = answer.headers.get("Content-Length", "0") if self.client.command == "HEAD" else len(body)
        self.client.send_header("Content-Length", str(promised))
        self.client.send_header("Connection", "close")  # so that to refuse connections is to refuse requests
        self.client.end_headers()
        self.client.wfile.write(body[:length])

    def hang_up(self) -> None:
        """With a reset, not an orderly end."""
        sock = socket.socket(fileno=self.client.connection.detach())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()


Fault = Callable[[Exchange], object]


def passed(exchange: Exchange) -> None:
    exchange.answer(*exchange.forward())


def reset(exchange: Exchange) -> None:
    """The other side never sees it."""
    exchange.hang_up()


def lost_reply(exchange: Exchange) -> None:
    """The other side has acted, and nobody hears of it."""
    exchange.forward()
    exchange.hang_up()


def cut_short(exchange: Exchange) -> None:
    """Half of the answer's body comes, then a reset."""
    answer, body = exchange.forward()
    exchange.answer(answer, body, len(body) // 2)
    time.sleep(0.05)  # a reset overtakes what was not read yet
    exchange.hang_up()


def late(seconds: float) -> Fault:
    """It arrives so much later, whether or not anybody still waits for the answer."""

    def fault(exchange: Exchange) -> None:
        time.sleep(seconds)
        passed(exchange)

    return fault
