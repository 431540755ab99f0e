"""An HTTP proxy of the tests' own, to stand before the queue, the store or the gateway. Each request passes, except
where a fault waits for it: each fault is for one request."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from tests.support.exchange import Exchange, Fault, passed
from tests.support.servers import Server


@dataclass
class FaultProxy:
    """`url` leads to the target through the proxy."""

    target: tuple[str, int]
    port: int = 0
    exchanges: list[Exchange] = field(default_factory=list)
    concerns: Callable[[Exchange], bool] = lambda exchange: True
    """Whether a request may have a fault that its line fits."""
    _waiting: list[tuple[re.Pattern[str], Fault]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def waiting(self) -> int:
        """Faults for which no request has come."""
        return len(self._waiting)

    @property
    def under_way(self) -> int:
        """Requests that something may still come of: one that is late, above all."""
        return sum(not each.over.is_set() for each in list(self.exchanges))

    def expect(self, line: str, *faults: Fault) -> None:
        """For the next requests whose "METHOD /path" begins like that pattern: one fault each, in this order."""
        self._waiting += [(re.compile(line), fault) for fault in faults]

    def forget_faults(self) -> None:
        self._waiting.clear()

    def forget(self) -> None:
        self.forget_faults()
        self.exchanges.clear()

    def respond(self, client: BaseHTTPRequestHandler) -> None:
        client.close_connection = True
        exchange = Exchange(self.target, client)
        with self._lock:
            self.exchanges.append(exchange)
            fits = (each for each in self._waiting if each[0].match(exchange.line) and self.concerns(exchange))
            found = next(fits, None)
            if found:
                self._waiting.remove(found)
        try:
            (found[1] if found else passed)(exchange)
        finally:
            exchange.over.set()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Nobody listens here for a while."""
        self._stop()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else a body waits until its head is acknowledged

            def handle_any(self) -> None:
                proxy.respond(self)

            do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = handle_any

            def log_message(self, *_: object) -> None: ...

        self._server = Server(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def _stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def fault_proxy(url: str) -> Iterator[FaultProxy]:
    """A proxy before the server of that URL."""
    target = urlsplit(url)
    assert target.hostname is not None
    assert target.port is not None
    proxy = FaultProxy((target.hostname, target.port))
    proxy._start()
    try:
        yield proxy
    finally:
        proxy._stop()
