"""One database for the tests of a module, emptied after each; and somebody who has signed in."""

import pytest

from tests.support.handoff import Handoff, Person
from tests.support.module_database import database_url, module_database  # noqa: F401 - fixtures


@pytest.fixture
def ann(handoff: Handoff) -> Person:
    return handoff.signed_in()
