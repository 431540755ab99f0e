"""Somebody else's application: it has one job of its own, and nothing of Handoff but handoff.jobs.

python greeter.py PORT FOLDER SIGNING_KEY
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from handoff.errors import InvalidDeliveryError
from handoff.jobs import request_handler
from handoff.jobs.base import Attempt, Job
from handoff.jobs.queues.qstash import QStashQueue

BASE_URL = "https://greeter.example/jobs"
PORT, FOLDER, SIGNING_KEY = sys.argv[1:]


@dataclass(frozen=True)
class Greeting:
    name: str


class Greet(Job[Greeting]):
    name = "greet"

    def read(self, body: bytes) -> Greeting:
        try:
            return Greeting(**json.loads(body))
        except (ValueError, TypeError):
            raise InvalidDeliveryError("a greeting has a name") from None

    def run(self, message: Greeting, attempt: Attempt) -> None:
        Path(FOLDER, message.name).write_text(f"Hello, {message.name}! {attempt}")

    def report_given_up(self, message: Greeting, dead_letter_id: str | None, request_id: str) -> None:
        Path(FOLDER, message.name).write_text(f"Sorry, {message.name}: {dead_letter_id}")


jobs = request_handler(QStashQueue(signing_keys=[SIGNING_KEY]), {"greet": Greet()}, base_url=BASE_URL)


async def app(scope, receive, send):  # type: ignore[no-untyped-def]
    """Bare ASGI: https://asgi.readthedocs.io/en/latest/specs/www.html"""
    if scope["type"] == "http" and scope["path"].startswith("/jobs/"):
        await jobs({**scope, "root_path": "/jobs"}, receive, send)
    elif scope["type"] == "http":
        body = json.dumps(sorted(sys.modules)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


uvicorn.run(app, port=int(PORT), lifespan="off", log_level="warning")
