"""The five functions, each loaded once, and what a test does with them."""

import json
from collections.abc import Mapping
from functools import cached_property
from types import ModuleType
from typing import Any

import psycopg
from psycopg.rows import dict_row
from starlette.responses import Response

from handoff.people.person import Person as Human
from handoff.web.session import Session
from tests.support.answers import answer_report
from tests.support.deliveries import delivery
from tests.support.functions import LOOP, Answer, event, hang_up, invoke, load_function
from tests.support.painter import PNG
from tests.support.servers import PublishEndpoint

PRODUCE = "/api/jobs/produce_export"


class Person:
    """Somebody with a session cookie: a new anonymous one, if no other is given."""

    def __init__(self, handoff: "Handoff", cookie: str | None = None) -> None:
        self._handoff = handoff
        given = cookie or invoke(handoff.status, event("GET", "/api/session")).cookies[0]
        self.cookies = [given.split(";")[0]]

    def trigger(self, method: str, path: str, **request: Any) -> Answer:
        return invoke(self._handoff.trigger, event(method, path, cookies=self.cookies, **request))

    def status(self, path: str, **request: Any) -> Answer:
        return invoke(self._handoff.status, event("GET", path, cookies=self.cookies, **request))

    def request_images(self, count: int = 1, **headers: str) -> dict[str, Any]:
        """A new generation."""
        body = {"prompt": "A red fox, in the snow", "count": count}
        answer = self.trigger("POST", "/api/generations", body=body, headers=headers)
        assert answer.status == 202, answer.body
        return self.generation(answer.json["id"])

    def generation(self, generation_id: str) -> dict[str, Any]:
        """One's generation as the page sees it."""
        answer = self.status(f"/api/generations/{generation_id}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def request_export(self, **headers: str) -> str:
        """A new export's id."""
        answer = self.trigger("POST", "/api/exports", body={}, headers=headers)
        assert answer.status == 202, answer.body
        return str(answer.json["id"])

    def export(self, export_id: str) -> dict[str, Any]:
        """One's export as the page sees it."""
        answer = self.status(f"/api/exports/{export_id}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def ready_export(self) -> dict[str, Any]:
        """A new export that has been made."""
        export_id = self.request_export()
        assert self._handoff.deliver(export_id).status == 200
        return self.export(export_id)


class Handoff:
    """Functions as containers that stay warm for the length of a test."""

    def __init__(self, environment: Mapping[str, str], queue: PublishEndpoint) -> None:
        self.environment = dict(environment)
        self.queue = queue
        self.loaded: list[ModuleType] = []
        self.direct_database_url = self.environment["DATABASE_URL"]

    @cached_property
    def trigger(self) -> ModuleType:
        return self.load("trigger")

    @cached_property
    def callback(self) -> ModuleType:
        return self.load("callback")

    @cached_property
    def status(self) -> ModuleType:
        return self.load("status")

    @cached_property
    def download(self) -> ModuleType:
        return self.load("download")

    @cached_property
    def sweeper(self) -> ModuleType:
        return self.load("sweep")

    def load(self, name: str, **settings: str) -> ModuleType:
        """Another container of a function, with settings of its own if need be."""
        module = load_function(name, {**self.environment, **settings})
        self.loaded.append(module)
        return module

    def person(self) -> Person:
        return Person(self)

    def signed_in(self, email: str = "ann@corp.com", *, subject: str = "") -> Person:
        """Somebody who has signed in with that address; `subject` is their name at the issuer, else made of it."""
        person = Human(self.environment["OIDC_ISSUER"], subject or f"subject of {email}", email)
        response = Response()
        self.status.wiring.sessions.give(response, Session(person.owner, "nonce", person))
        return Person(self, response.headers["set-cookie"])

    def deliver(self, export_id: str, run_try: int = 1, retried: int = 0) -> Answer:
        """What the queue does with a run's message."""
        body = json.dumps({"id": export_id, "try": run_try}).encode()
        return invoke(self.callback, delivery(PRODUCE, body, retried=retried))

    def give_up(self, export_id: str, run_try: int = 1) -> Answer:
        """What the queue does when the retries of a message are used up."""
        import base64

        message = json.dumps({"id": export_id, "try": run_try}).encode()
        report = json.dumps(
            {"sourceBody": base64.b64encode(message).decode(), "dlqId": "dlq-1", "status": 500}
        ).encode()
        return invoke(self.callback, delivery(f"{PRODUCE}/failed", report))

    def answer(
        self, image_id: str, body: bytes = PNG, *, status: int | None = 200, run_try: int = 1, retried: int = 0,
        callback_of: ModuleType | None = None,
    ) -> Answer:  # fmt: skip
        """What the queue does with the provider's answer to an image's call; see tests/support/painter.py."""
        sent = answer_report(image_id, body, status=status, run_try=run_try, retried=retried)
        return invoke(callback_of or self.callback, sent)

    def give_up_call(
        self, image_id: str, body: bytes = b"rate_limited", *, status: int | None = 429, run_try: int = 1
    ) -> Answer:
        """What the queue does when no attempt of a call succeeded."""
        sent = answer_report(image_id, body, status=status, run_try=run_try, retried=2, what="/failed", dlqId="dlq-1")
        return invoke(self.callback, sent)

    def visit(self, url: str, method: str = "GET", **headers: str) -> Answer:
        """A request on a link."""
        path = "/download/" + url.rsplit("/", 1)[1]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return invoke(self.download, event(method, path, headers=named))

    def sweep(self) -> dict[str, int]:
        """What the schedule does every minute."""
        done: dict[str, int] = self.sweeper.handler({}, None)
        return done

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """Look into the database, or change it behind the functions' back."""
        with psycopg.connect(self.direct_database_url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        for module in self.loaded:
            module.wiring.database.close()
            if hasattr(module, "runner"):
                module.runner.run(hang_up(module))
                module.runner.close()
            else:
                LOOP.run_until_complete(hang_up(module))
