"""Stands where Trigger.dev's management API stands, and keeps what was asked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from handoff.jobs.queues.trigger_dev import TriggerDevQueue
from infra.local.trigger_dev import DEVELOPMENT_SECRET_KEY
from tests.support.servers import http_server, send


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class TriggerEndpoint:
    url: str = ""
    status: int = 200
    answer: bytes = b'{"id": "run_1"}'
    requests: list[Asked] = field(default_factory=list)

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.requests.append(Asked(handler.path, headers, body))
        send(handler, self.status, self.answer)


@contextmanager
def endpoint() -> Iterator[TriggerEndpoint]:
    made = TriggerEndpoint()
    with http_server(made.respond) as made.url:
        yield made


def queue_at(url: str) -> TriggerDevQueue:
    return TriggerDevQueue(url=url, secret_key=DEVELOPMENT_SECRET_KEY)
