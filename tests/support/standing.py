"""Databases and functions that live longer than one test, where a clone for each would be most of the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg

from infra.local.postgres import Postgres
from tests.support.environment import environment
from tests.support.handoff import Handoff
from tests.support.servers import PublishEndpoint, Source, http_server

TEMPLATE = "handoff_template"
"""The migrated database that tests/conftest.py makes."""


@contextmanager
def standing_database(postgres: Postgres) -> Iterator[str]:
    """A database's URL; for tests that change rows only, and empty it (see `empty`) after themselves."""
    name = f"standing_{uuid4().hex}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}".encode())
    yield postgres.url.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def empty(database_url: str) -> None:
    """Remove every row: all others hang on an export or a call."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for table in ("runs", "calls", "call_events", "message_outbox"):
            connection.execute(f"DELETE FROM {table}".encode())


@contextmanager
def standing_handoff(postgres: Postgres, folder: Path) -> Iterator[Handoff]:
    """The five functions on a database of their own; `queue` and the source are theirs too."""
    source, queue = Source(), PublishEndpoint()
    with (
        standing_database(postgres) as database_url,
        http_server(source.respond) as source_url,
        http_server(queue.respond) as queue_url,
    ):
        queue.url = queue_url
        made = Handoff(
            environment(
                database_url=database_url,
                queue_url=queue_url,
                storage_folder=str(folder / "files"),
                source_url=f"{source_url}/a-secret-path/document",
            ),
            queue,
        )
        try:
            yield made
        finally:
            made.close()
