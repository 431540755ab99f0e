"""One database for the tests of a module, emptied after each; somebody to ask for exports; and a queue that hangs."""

import threading
from collections.abc import Iterator

import pytest

from tests.support.handoff import Handoff, Person
from tests.support.module_database import database_url, module_database  # noqa: F401 - fixtures


@pytest.fixture
def person(handoff: Handoff) -> Person:
    return handoff.person()


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Set at the end, so that a server that hangs lets go."""
    made = threading.Event()
    yield made
    made.set()
