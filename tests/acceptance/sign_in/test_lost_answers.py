"""The connection to the database is cut while somebody signs in: before the statement, and before its answer."""

from collections.abc import Iterator

import pytest

from tests.support.handoff import Handoff
from tests.support.issuer import Issuer, running_issuer
from tests.support.postgres_proxy import PostgresProxy, cut
from tests.support.sign_in import Visitor


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


@pytest.mark.line("D3")
@pytest.mark.line("F3")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_answer_changes_nothing(moment: str, issuer: Issuer, proxied: Handoff, proxy: PostgresProxy) -> None:
    proxied.environment |= issuer.settings
    visitor = Visitor(proxied)
    ids = [visitor.request_export(**{"Idempotency-Key": key}) for key in ("one", "two")]
    getattr(proxy, moment)["adopt_runs"] = cut
    assert visitor.sign_in(issuer.token(visitor.nonce)).status == 200
    assert "adopt_runs" not in getattr(proxy, moment), "the statement was never sent"
    assert visitor.exports() == ids[::-1]
    assert visitor.request_export(**{"Idempotency-Key": "one"}) == ids[0]


@pytest.mark.line("F3")
def test_signing_in_is_one_round_trip_to_the_database_and_looking_or_signing_in_again_none(
    issuer: Issuer, proxied: Handoff, proxy: PostgresProxy
) -> None:
    proxied.environment |= issuer.settings
    visitor = Visitor(proxied)
    visitor.request_export()
    proxy.round_trips.clear()
    assert visitor.sign_in(issuer.token(visitor.nonce)).status == 200
    assert proxy.round_trips == ["adopt_runs"]
    visitor.session()
    assert visitor.sign_in(issuer.token(visitor.nonce)).status == 200
    assert proxy.round_trips == ["adopt_runs"]
