"""A database whose clock moves, and a store that misbehaves."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from infra.local.postgres import Postgres, temporary_postgres
from schema.migrate import migrate
from tests.conftest import TEMPLATE
from tests.support.clocks import DatabaseClock
from tests.support.environment import environment
from tests.support.gateway import behind_gateway
from tests.support.handoff import Handoff
from tests.support.object_store import BUCKET, ObjectStore
from tests.support.servers import PublishEndpoint, Source, http_server


@pytest.fixture(scope="session")
def shared_clock() -> Iterator[DatabaseClock]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield DatabaseClock(Path(folder))


@pytest.fixture(scope="session")
def postgres(shared_clock: DatabaseClock) -> Iterator[Postgres]:
    """In place of the ordinary one: every fixture that needs a database gets one of this server's."""
    with temporary_postgres(shared_clock.environment) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        migrate(server.url.rsplit("/", 1)[0] + "/" + TEMPLATE)
        yield server


@pytest.fixture
def clock(shared_clock: DatabaseClock, database_url: str) -> Iterator[DatabaseClock]:
    """The database's clock; it goes right again after the test."""
    yield shared_clock
    shared_clock.run()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """Stands where S3 stands."""
    made = ObjectStore()
    with http_server(made.respond) as url:
        made.url = url
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture(params=["events", "gateway"])
def handoff(
    request: pytest.FixtureRequest, database_url: str, source: Source, queue: PublishEndpoint, tmp_path: Path
) -> Iterator[Handoff]:
    """The functions; links are visited by the events API Gateway sends, and over HTTP through the laptop's gateway."""
    files = str(tmp_path / "files")
    settings = environment(database_url=database_url, queue_url=queue.url, storage_folder=files, source_url=source.url)
    with functions(settings, queue, request.param) as made:
        yield made


@pytest.fixture(params=["events", "gateway"])
def on_s3(
    request: pytest.FixtureRequest,
    database_url: str,
    source: Source,
    queue: PublishEndpoint,
    store: ObjectStore,
    tmp_path: Path,
) -> Iterator[Handoff]:
    """The same with that store."""
    settings = environment(
        database_url=database_url,
        queue_url=queue.url,
        storage_folder=str(tmp_path),
        source_url=source.url,
        STORAGE_PROVIDER="s3",
        FILE_BUCKET=BUCKET,
    )
    with functions(settings, queue, request.param) as made:
        yield made


@contextmanager
def functions(settings: dict[str, str], queue: PublishEndpoint, visited_by: str) -> Iterator[Handoff]:
    if visited_by == "gateway":
        with behind_gateway(settings, queue) as made:
            yield made
    else:
        with closing(Handoff(settings, queue)) as made:
            yield made
