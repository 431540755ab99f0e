"""Whatever promise a store breaks, the suite says which: that one, and no other."""

import pytest

from handoff.testing import StorageConformance
from tests.conformance.broken import openers, stores
from tests.conformance.outcomes import Runs

RUNS = Runs(stores, openers)


@pytest.mark.parametrize(("module", "owner", "breaks"), RUNS.broken, ids=lambda part: part.rpartition(".")[2])
def test_a_store_that_breaks_one_promise_fails_that_one_and_no_other(module: str, owner: str, breaks: str) -> None:
    outcome = RUNS.outcomes[owner]
    assert outcome["failed"] == {breaks}
    assert len(outcome["passed"] - {breaks}) >= 29


def test_there_is_a_broken_store_for_every_promise() -> None:
    promises = {name for name in dir(StorageConformance) if name.startswith("test_")}
    assert sorted(breaks for _, _, breaks in RUNS.broken) == sorted(promises)
