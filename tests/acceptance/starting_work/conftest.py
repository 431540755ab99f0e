"""One database for the tests of a module, emptied after each."""

from collections.abc import Iterator

import pytest

from infra.local.postgres import Postgres
from tests.support.standing import empty, standing_database


@pytest.fixture(scope="module")
def module_database(postgres: Postgres) -> Iterator[str]:
    with standing_database(postgres) as url:
        yield url


@pytest.fixture
def database_url(module_database: str) -> Iterator[str]:
    """Instead of a clone for each test."""
    yield module_database
    empty(module_database)
