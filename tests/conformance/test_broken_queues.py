"""Whatever promise a queue breaks, the suite says which: that one, and no other."""

import pytest

from handoff.testing import FetchedQueueConformance, QueueConformance
from tests.conformance.broken import couriers, receivers, reporters, senders
from tests.conformance.outcomes import Runs

RUNS = Runs(receivers, senders, couriers, reporters)


@pytest.mark.parametrize(("module", "owner", "breaks"), RUNS.broken, ids=lambda part: part.rpartition(".")[2])
def test_a_queue_that_breaks_one_promise_fails_that_one_and_no_other(module: str, owner: str, breaks: str) -> None:
    outcome = RUNS.outcomes[owner]
    assert outcome["failed"] == {breaks}
    assert len(outcome["passed"] - {breaks}) >= 35


def test_there_is_a_broken_queue_for_every_promise() -> None:
    suites = (QueueConformance, FetchedQueueConformance)
    promises = {name for suite in suites for name in dir(suite) if name.startswith("test_")}
    assert sorted(breaks for _, _, breaks in RUNS.broken) == sorted(promises)
