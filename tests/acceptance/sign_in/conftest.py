"""Functions that believe an issuer of the test's own; the database is shared by a module, and nothing is left in it."""

from collections.abc import Iterator

import pytest

from infra.local.postgres import Postgres
from tests.support.handoff import Handoff
from tests.support.issuer import Issuer, running_issuer
from tests.support.sign_in import Visitor
from tests.support.standing import empty, standing_handoff


@pytest.fixture(scope="module")
def standing(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Handoff, Issuer]]:
    with running_issuer() as issuer, standing_handoff(postgres, tmp_path_factory.mktemp("standing")) as made:
        made.environment |= issuer.settings
        yield made, issuer


@pytest.fixture
def issuer(standing: tuple[Handoff, Issuer]) -> Issuer:
    return standing[1]


@pytest.fixture
def handoff(standing: tuple[Handoff, Issuer]) -> Iterator[Handoff]:
    yield standing[0]
    empty(standing[0].environment["DATABASE_URL"])


@pytest.fixture
def visitor(handoff: Handoff) -> Visitor:
    """Somebody who has not signed in yet."""
    return Visitor(handoff)
