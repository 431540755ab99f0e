"""The network's edge: real servers on this machine, which answer as told, and a network that leads to them."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpcore

PUBLIC = "93.184.216.34"  # an address that may be connected to; nothing here ever is
PUBLIC_V6 = "2606:2800:220:1::1"

# Takes the connection once the request has been read.
Script = Callable[[socket.socket], None]


def answer(body: bytes = b"%PDF-1.7 small", *, status: str = "200 OK", headers: dict[str, str] | None = None) -> Script:
    """Answer with a whole body; a header set to "" is left out."""
    said = {"Content-Length": str(len(body)), "Content-Type": "application/pdf", **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items() if value)
    return raw(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body)


def redirect(location: str, status: str = "302 Found") -> Script:
    return answer(b"", status=status, headers={"Location": location})


def raw(everything: bytes) -> Script:
    return lambda connection: connection.sendall(everything)


class Server:
    """Listens on a free loopback port; each connection is answered by the next script, the last one for ever."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []  # as they came
        self._scripts = list(scripts)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    def answers(self, *scripts: Script) -> None:
        """Forget what was, and answer like this from now on."""
        self.requests.clear()
        self._scripts = list(scripts)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                self._threads.append(threading.Thread(target=self._answer, args=(connection,)))
                self._threads[-1].start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                head = b""
                while b"\r\n\r\n" not in head and (received := connection.recv(65536)):
                    head += received
                self.requests.append(head + _body(connection, head))
                script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                script(connection)


def _body(connection: socket.socket, head: bytes) -> bytes:
    """Read the rest of a body, unless it waits to be asked for."""
    length = re.search(rb"\r\nContent-Length: (\d+)\r\n", head)
    missing = int(length[1]) - len(head.partition(b"\r\n\r\n")[2]) if length and b"\r\nExpect:" not in head else 0
    body = bytearray()
    while len(body) < missing and (received := connection.recv(65536)):
        body += received
    return bytes(body)


@contextmanager
def serving(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(*scripts, tls=tls)
    try:
        yield server
    finally:
        server.close()


@dataclass
class Names:
    """A resolver that knows what it is told, and remembers what it was asked."""

    known: dict[str, list[str]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self.known[host]


@dataclass
class Network(httpcore.NetworkBackend):
    """Leads from an address to a server on this machine, or to nothing; remembers what it was asked for."""

    routes: dict[str, Server] = field(default_factory=dict)
    connected: list[tuple[str, int]] = field(default_factory=list)

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        self.connected.append((host, port))
        if host not in self.routes:
            raise httpcore.ConnectError("[Errno 111] Connection refused")
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.routes[host].port, *args, **kwargs)
