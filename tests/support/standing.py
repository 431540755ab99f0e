"""Functions that live longer than one test, for tests whose requests change nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg

from infra.local.postgres import Postgres
from schema.migrate import migrate
from tests.support.environment import environment
from tests.support.handoff import Handoff
from tests.support.servers import PublishEndpoint, Source, http_server


@contextmanager
def standing_handoff(postgres: Postgres, folder: Path) -> Iterator[Handoff]:
    """The five functions on a database of their own; `queue` and the source are theirs too."""
    name = f"standing_{uuid4().hex}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    url = postgres.url.rsplit("/", 1)[0] + f"/{name}"
    migrate(url)
    source, queue = Source(), PublishEndpoint()
    with http_server(source.respond) as source_url, http_server(queue.respond) as queue_url:
        queue.url = queue_url
        made = Handoff(
            environment(
                database_url=url,
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
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
