"""The world in which the machine makes its steps: one for all of them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local.postgres import temporary_postgres
from schema.migrate import migrate
from tests.machine.world import World, standing_world
from tests.support.clocks import DatabaseClock
from tests.support.standing import TEMPLATE


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server may be another user's
        clock = DatabaseClock(Path(folder))
        with temporary_postgres(clock.environment) as server:
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {TEMPLATE}")
            migrate(server.url.rsplit("/", 1)[0] + f"/{TEMPLATE}")
            with standing_world(server, clock, tmp_path_factory.mktemp("files")) as made:
                yield made
