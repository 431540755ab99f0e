"""One database for the tests of a module, emptied after each; and functions for deliveries that change nothing."""

from collections.abc import Iterator

import pytest

from infra.local.postgres import Postgres
from tests.support.handoff import Handoff
from tests.support.module_database import database_url, module_database  # noqa: F401 - fixtures
from tests.support.standing import standing_handoff


@pytest.fixture(scope="module")
def standing(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handoff]:
    """Functions that the tests of a module share."""
    with standing_handoff(postgres, tmp_path_factory.mktemp("standing")) as made:
        yield made
