"""Fixtures that every suite may use: a real Postgres, and the functions on it."""

import itertools
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from handoff.telemetry import logger
from infra.local.postgres import Postgres, temporary_postgres
from schema.migrate import migrate
from tests.support.environment import environment
from tests.support.handoff import Handoff
from tests.support.painter import painter
from tests.support.postgres_proxy import PostgresProxy, postgres_proxy
from tests.support.servers import PublishEndpoint, Source, http_server

TEMPLATE = "handoff_template"
numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the session, with a migrated template database that each test's own is cloned from."""
    with temporary_postgres() as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        migrate(_named(server.url, TEMPLATE))
        yield server


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """A database of this test's own."""
    name = f"test_{next(numbers)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _named(postgres.url, name)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def provider_of_images() -> Iterator[None]:
    """Wherever a function under test makes images, the tests' own provider makes them."""
    with painter():
        yield


@pytest.fixture
def source() -> Iterator[Source]:
    """The server whose PDF is exported."""
    made = Source()
    with http_server(made.respond) as url:
        made.url = f"{url}/a-secret-path/document"
        yield made


@pytest.fixture
def queue() -> Iterator[PublishEndpoint]:
    """Where messages are published."""
    made = PublishEndpoint()
    with http_server(made.respond) as url:
        made.url = url
        yield made


@pytest.fixture
def handoff(database_url: str, source: Source, queue: PublishEndpoint, tmp_path: Path) -> Iterator[Handoff]:
    """The five functions on real services; nothing is delivered unless the test delivers it."""
    made = Handoff(_environment(database_url, source, queue, tmp_path), queue)
    yield made
    made.close()


@pytest.fixture
def proxy(database_url: str) -> Iterator[PostgresProxy]:
    """A proxy before the test's database, which counts and cuts."""
    with postgres_proxy(database_url) as made:
        yield made


@pytest.fixture
def proxied(
    proxy: PostgresProxy, database_url: str, source: Source, queue: PublishEndpoint, tmp_path: Path
) -> Iterator[Handoff]:
    """The functions with the proxy between them and Postgres."""
    made = Handoff(_environment(proxy.url, source, queue, tmp_path), queue)
    made.direct_database_url = database_url
    yield made
    made.close()


@pytest.fixture
def log_lines() -> Iterator[list[dict[str, Any]]]:
    """What the functions log, line by line, as it is written: with the request's id and the run's."""
    lines: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(logger.registered_formatter.format(record)))

    keep, written_to = Keep(), logging.getLogger(logger.name)
    written_to.addHandler(keep)
    yield lines
    written_to.removeHandler(keep)


def _environment(database_url: str, source: Source, queue: PublishEndpoint, folder: Path) -> dict[str, str]:
    files = str(folder / "files")
    return environment(database_url=database_url, queue_url=queue.url, storage_folder=files, source_url=source.url)


def _named(url: str, database: str) -> str:
    return url.rsplit("/", 1)[0] + "/" + database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright leaves a running event loop in its thread, and Mangum wants its own."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI a test that is skipped, or deselected by anything but the browser's marker, is a failure.

    Those against live services are skipped where there is no account to test with.
    """
    missing = {name: len(terminalreporter.stats.get(name, [])) for name in ("deselected", "xfailed")}
    skipped = terminalreporter.stats.get("skipped", [])
    missing["skipped"] = len([report for report in skipped if not report.nodeid.startswith("tests/live/")])
    if terminalreporter.config.option.markexpr == "not browser":
        missing["deselected"] = 0
    if os.environ.get("CI") and any(missing.values()):
        terminalreporter.section("not every test was run", red=True)
        terminalreporter.line(", ".join(f"{count} {name}" for name, count in missing.items() if count))
        pytest.exit("CI leaves no test out", returncode=1)
