"""Fixtures for a conftest to import: one database for a module, emptied after each test, not a clone for each."""

from collections.abc import Iterator

import pytest

from infra.local.postgres import Postgres
from tests.support.standing import empty, standing_database

__all__ = ["database_url", "module_database"]


@pytest.fixture(scope="module")
def module_database(postgres: Postgres) -> Iterator[str]:
    with standing_database(postgres) as url:
        yield url


@pytest.fixture
def database_url(module_database: str) -> Iterator[str]:
    yield module_database
    empty(module_database)
