"""A TCP proxy before Postgres that reads the protocol: it counts round trips, and lets a test act at a named query."""

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.support.postgres_wire import message, untyped_message

NAME = re.compile(rb"/\* (\w+) \*/")
Action = Callable[[], object]


class Cut(Exception):  # noqa: N818 - it is no error: an action raises it to cut the connection
    """Cuts the connection at this point."""


class Reset(Cut):
    """Cuts it without an orderly end."""


def cut() -> None:
    """An action that cuts the connection."""
    raise Cut


def reset() -> None:
    """An action that resets the client's connection."""
    raise Reset


def late(seconds: float) -> Action:
    """An action that keeps what passes for so long."""
    return lambda: time.sleep(seconds)


@dataclass
class PostgresProxy:
    """`url` leads to the database through the proxy."""

    url: str = ""
    round_trips: list[str] = field(default_factory=list)
    """What each round trip was for: a query's name, the start of a statement without one, or PREPARE."""
    before: dict[str, Action] = field(default_factory=dict)
    """By query name: called once, when the query has arrived here and not yet at the server."""
    after: dict[str, Action] = field(default_factory=dict)
    """By query name: called once, when the server has committed and answered, and the client does not know yet."""
    when: dict[str, Callable[[], object]] = field(default_factory=dict)
    """By query name: what must be so, else the query passes and its action waits for another time."""
    acting: list[str] = field(default_factory=list)
    """The queries at which an action is not done yet."""
    failures: list[BaseException] = field(default_factory=list)
    """What actions raised, other than Cut: the test that set them must look here."""

    def expect(self, moment: str, query: str, *actions: Action) -> None:
        """One action at each of the next times that the query passes; `moment` is "before" or "after"."""
        action, *later = actions

        def act() -> object:
            if later:
                self.expect(moment, query, *later)
            return action()

        getattr(self, moment)[query] = act


class _Link:
    """One client's connection."""

    def __init__(self, proxy: PostgresProxy, client: socket.socket, server: socket.socket) -> None:
        self.proxy = proxy
        self.client = client
        self.server = server
        self.statement = b""
        self.prepared: dict[bytes, bytes] = {}

    def start(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._run, args=(pump,), daemon=True) for pump in (self._up, self._down)]
        for thread in threads:
            thread.start()
        return threads

    def _run(self, pump: Callable[[], None]) -> None:
        with suppress(OSError, EOFError, Cut):
            try:
                pump()
            except Reset:
                self._reset()
        for side in (self.client, self.server):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def _reset(self) -> None:
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.client.shutdown(socket.SHUT_RD)  # wakes the other pump, which reads from it; nothing is sent
        self.client.close()

    def _up(self) -> None:
        self.server.sendall(untyped_message(self.client))
        while True:
            kind, content = message(self.client)
            runs = self._read(kind, content)
            if kind in b"SQ":
                self.proxy.round_trips.append(self._name())
            if runs:
                self._act(self.proxy.before)
            self.server.sendall(content)

    def _read(self, kind: bytes, content: bytes) -> bool:
        """Keeps which statement it is about; whether this message has it run."""
        if kind == b"P":
            name, text = content[5:].split(b"\0", 1)
            self.prepared[name] = text
            self.statement = b"PREPARE" if name else text
            return not name
        if kind == b"B":
            _, name, _ = content[5:].split(b"\0", 2)
            self.statement = self.prepared[name]
            return bool(name)
        if kind == b"Q":
            self.statement = content[5:]
        return kind == b"Q"

    def _down(self) -> None:
        while True:
            kind, content = message(self.server)
            if kind == b"Z" and self.statement:
                self._act(self.proxy.after)
            self.client.sendall(content)

    def _act(self, actions: dict[str, Action]) -> None:
        name = self._name()
        if name not in actions:
            return
        self.proxy.acting.append(name)
        try:
            if name not in self.proxy.when or self.proxy.when[name]():
                actions.pop(name)()
        except Cut:
            raise
        except BaseException as error:
            self.proxy.failures.append(error)
            raise Cut from error
        finally:
            self.proxy.acting.remove(name)

    def _name(self) -> str:
        match = NAME.search(self.statement)
        return match[1].decode() if match else self.statement[:30].decode(errors="replace")


@contextmanager
def postgres_proxy(database_url: str) -> Iterator[PostgresProxy]:
    """A proxy before the server of that URL."""
    target = urlsplit(database_url)
    assert target.hostname is not None
    assert target.port is not None
    address = (target.hostname, target.port)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    here = target._replace(netloc=target.netloc.replace(f":{target.port}", f":{port}"))
    proxy = PostgresProxy(here.geturl() + "?sslmode=disable&gssencmode=disable")
    sockets: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = socket.create_connection(address)
                except OSError:
                    client.close()
                    continue
                for sock in (client, server):
                    # Messages pass one by one: else each small one waits for the last to be acknowledged.
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    sockets.append(sock)
                _Link(proxy, client, server).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for sock in sockets:
            sock.close()
