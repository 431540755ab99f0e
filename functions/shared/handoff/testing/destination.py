"""Where messages go: a real HTTP server that records what it gets and answers as told."""

import http.server
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

LONGEST_HOLD_SECONDS = 5.0


@dataclass(frozen=True)
class Arrived:
    """One request."""

    at: float
    """By the queue's clock."""
    method: str
    url: str
    """The address that it was sent to, as the message had it."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is answered. A status of 0 hangs up without a word; `held` waits until `release` before it answers."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    held: bool = False


class Destination(http.server.ThreadingHTTPServer):
    """Answers 200 where nothing else was told. `public_url` is its address where a tunnel leads to it."""

    daemon_threads = True

    def __init__(self, now: Callable[[], float], *, port: int = 0, public_url: str = "") -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.base = public_url.rstrip("/") or f"http://127.0.0.1:{self.server_port}"
        self.now = now
        self._arrived: list[Arrived] = []
        self._answers: dict[str, deque[Answer]] = {}
        self._at_once: dict[str, list[int]] = {}
        self._released = threading.Event()
        self._changed = threading.Condition()

    def answer(self, path: str, *answers: Answer) -> str:
        """Give these answers on `path`, the last one for ever; the path's URL."""
        self._answers[path] = deque(answers)
        return self.base + path

    def arrived(self, path: str) -> list[Arrived]:
        """What came to `path`, its query aside."""
        return [each for each in list(self._arrived) if each.url.partition("?")[0] == self.base + path]

    def most_at_once(self, path: str) -> int:
        """How many requests to `path` were under way at the same time, at most."""
        return max(self._at_once.get(path, [0]))

    def under_way(self, path: str) -> int:
        """How many requests to `path` have no answer yet."""
        return self._at_once.get(path, [0])[-1]

    def wait(self, seconds: float) -> None:
        """Until something arrives, at most so long."""
        with self._changed:
            self._changed.wait(seconds)

    def release(self) -> None:
        """Let every answer go that is held, and hold none from now on."""
        self._released.set()

    # What its threads call.

    def take(self, path: str, arrived: Arrived) -> Answer:
        answers = self._answers.get(path, deque([Answer()]))
        with self._changed:
            under_way = self._at_once.setdefault(path, [0])
            under_way.append(under_way[-1] + 1)
            self._arrived.append(arrived)
            answer = answers.popleft() if len(answers) > 1 else answers[0]
            self._changed.notify_all()
        if answer.held:
            self._released.wait(LONGEST_HOLD_SECONDS)
        return answer

    def end(self, path: str) -> None:
        with self._changed:
            self._at_once[path].append(self._at_once[path][-1] - 1)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hung up."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Destination
    wbufsize = -1  # head and body in one packet; otherwise the second waits for an acknowledgement

    def handle_any(self) -> None:
        server, path = self.server, self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = server.take(path, Arrived(server.now(), self.command, server.base + self.path, headers, body))
        try:
            if answer.status:
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
                self.wfile.flush()
        finally:
            server.end(path)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def log_message(self, format: str, *args: object) -> None:
        """Not on standard error."""


@contextmanager
def running(destination: Destination) -> Iterator[Destination]:
    thread = threading.Thread(target=destination.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield destination
    finally:
        destination.release()
        destination.shutdown()
        destination.server_close()
        thread.join()
