"""A destination: a real HTTP server that records what it gets and answers as told."""

import http.server
import socketserver
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field

PATIENCE_SECONDS = 5.0


@dataclass
class Received:
    """One request that reached the destination."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    """Lower-case names."""
    body: bytes
    url: str


@dataclass
class Answer:
    """What the destination says to one request, after `pause` seconds; status 0 hangs up without a word."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pause: float = 0.0


class Destination(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Records every request and answers as told; 200 where nothing was told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.received: list[Received] = []
        self.most_at_once: Counter[str] = Counter()
        """Path to the largest number of its requests that waited for an answer at the same time."""
        self._waiting: Counter[str] = Counter()
        self._answers: dict[str, deque[Answer]] = {}
        self._changed = threading.Condition()

    def answer(self, path: str, *answers: Answer) -> str:
        """Give these answers on `path`, the last one for ever; returns the path's URL."""
        self._answers[path] = deque(answers)
        return self.url + path

    def next_answer(self, path: str) -> Answer:
        answers = self._answers.get(path.partition("?")[0])
        if not answers:
            return Answer()
        return answers.popleft() if len(answers) > 1 else answers[0]

    def record(self, received: Received) -> None:
        with self._changed:
            self.received.append(received)
            self._changed.notify_all()

    def hold(self, path: str, seconds: float) -> None:
        """Let a request to `path` wait."""
        path = path.partition("?")[0]
        with self._changed:
            self._waiting[path] += 1
            self.most_at_once[path] = max(self.most_at_once[path], self._waiting[path])
        if seconds:
            time.sleep(seconds)
        with self._changed:
            self._waiting[path] -= 1

    def at(self, path: str) -> list[Received]:
        """What reached `path`, its query aside."""
        return [each for each in self.received if each.path.partition("?")[0] == path]

    def wait(self, path: str, count: int = 1) -> list[Received]:
        """What reached `path`, once it is `count` requests."""
        with self._changed:
            done = self._changed.wait_for(lambda: len(self.at(path)) >= count, PATIENCE_SECONDS)
            assert done, f"{len(self.at(path))} of {count} requests reached {path}"
            return self.at(path)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Destination
    wbufsize = -1  # head and body in one packet; otherwise the second waits for an acknowledgement

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.next_answer(self.path)
        self.server.record(Received(time.time(), self.command, self.path, headers, body, self.server.url + self.path))
        self.server.hold(self.path, answer.pause)
        if answer.status:
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def log_message(self, format: str, *args: object) -> None:
        pass
