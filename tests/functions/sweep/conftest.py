"""One database for the tests of a module, emptied after each; somebody to ask for exports; and a queue that hangs."""

import threading
from collections.abc import Iterator

import pytest

from infra.local.postgres import Postgres
from tests.support.handoff import Handoff, Person
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


@pytest.fixture
def person(handoff: Handoff) -> Person:
    return handoff.person()


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Set at the end, so that a server that hangs lets go."""
    made = threading.Event()
    yield made
    made.set()
