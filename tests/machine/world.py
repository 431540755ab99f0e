"""The functions on a Postgres whose clock stands still until it is moved, and a look at everything they keep."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import psycopg

from infra.local.postgres import Postgres
from tests.machine.model import MAX_ACTIVE
from tests.support.clocks import DatabaseClock
from tests.support.environment import environment
from tests.support.handoff import Handoff, Person
from tests.support.postgres_proxy import PostgresProxy, cut, postgres_proxy
from tests.support.servers import PublishEndpoint, Respond, Source, http_server
from tests.support.standing import standing_database
from tests.support.tables import TABLES

ALL_ROWS = " UNION ALL ".join(f"SELECT '{name}', to_jsonb({name}) FROM {name}" for name in TABLES)
Rows = dict[str, list[dict[str, Any]]]


@dataclass
class World:
    handoff: Handoff
    clock: DatabaseClock
    source: Source
    queue: PublishEndpoint
    proxy: PostgresProxy
    """Between callback and Postgres, and between trigger and Postgres."""
    connection: psycopg.Connection[Any]
    files: Path
    people: list[Person]

    def begin(self) -> None:
        """With nothing in it."""
        self.connection.execute("DELETE FROM runs")
        for path in self.files.rglob("*@"):
            path.unlink()
        self.queue.published.clear()
        self.queue.status = 201
        self.end_faults()

    def rows(self) -> Rows:
        """Every table's; times are datetimes."""
        found: Rows = {name: [] for name in TABLES}
        for name, row in self.connection.execute(ALL_ROWS.encode()):
            found[name].append({column: _time(column, value) for column, value in row.items()})
        return found

    def now(self) -> datetime:
        row = self.connection.execute("SELECT clock_timestamp()").fetchone()
        assert row is not None
        moment: datetime = row[0]
        return moment

    def stored_keys(self) -> set[str]:
        found = (path.relative_to(self.files).as_posix() for path in self.files.rglob("*@") if path.is_file())
        return {name.removesuffix("@") for name in found}

    @contextmanager
    def without_file(self, key: str) -> Iterator[None]:
        """The store cannot find it for a while."""
        path = self.files / f"{key}@"
        away = path.with_suffix(".away")
        path.rename(away)
        try:
            yield
        finally:
            away.rename(path)

    def cut(self, query: str, *moments: str) -> None:
        """Cut the connection at the query, once "before" it arrives or "after" it was committed; then again."""
        first, *later = moments

        def cut_here() -> None:
            if later:
                self.cut(query, *later)
            cut()

        getattr(self.proxy, first)[query] = cut_here

    def end_faults(self) -> None:
        self.proxy.before.clear()
        self.proxy.after.clear()
        self.source.status, self.source.body = 200, b""


@contextmanager
def standing_world(postgres: Postgres, clock: DatabaseClock, folder: Path) -> Iterator[World]:
    source, queue = Source(), PublishEndpoint()
    with ExitStack() as exit:
        url = exit.enter_context(standing_database(postgres))
        proxy = exit.enter_context(postgres_proxy(url))
        queue.url = exit.enter_context(http_server(at_once(queue.respond)))
        source_url = exit.enter_context(http_server(at_once(source.respond)))
        connection = exit.enter_context(psycopg.connect(url, autocommit=True))
        settings = environment(
            database_url=url,
            queue_url=queue.url,
            storage_folder=str(folder),
            source_url=f"{source_url}/document",
            MAX_ACTIVE_RUNS=str(MAX_ACTIVE),
        )
        handoff = Handoff(settings, queue)
        exit.callback(handoff.close)
        for name in ("callback", "trigger"):
            handoff.__dict__[name] = handoff.load(name, DATABASE_URL=proxy.url)
        exit.callback(clock.run)
        people = [handoff.person(), handoff.person()]
        yield World(handoff, clock, source, queue, proxy, connection, folder, people)


def at_once(respond: Respond) -> Respond:
    """Else the body of an answer waits until its head is acknowledged: 40 ms at each step."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        respond(handler)

    return answer


def message_of(published: Any) -> tuple[str, int]:
    body = json.loads(published.body)
    return body["id"], body["try"]


def _time(column: str, value: Any) -> Any:
    is_time = isinstance(value, str) and (column == "at" or column.endswith(("_at", "_after")))
    return datetime.fromisoformat(value) if is_time else value
