"""What is said of the slices: percentiles over all of them, and each thing that is not as it must be."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from infra.local.simulate.check import Verdict
from tests.bench.events.report import Figures, findings
from tests.bench.events.slices import OURS, Part, Slice, plan_of
from tests.bench.load.watcher import Usage

EXACT = Verdict(expected=2, missing=[], unexpected=[], doubled=[], events_lost=0, events_doubled=0)


def part(latencies: list[float], *, recorded: int | None = None, answers: dict[str, int] | None = None) -> Part:
    count = len(latencies)
    return Part(
        slice=Slice(200, 20, 1, datetime.now(UTC).isoformat()), answers=answers or {"202": count}, latencies=latencies,
        lateness=[0.001] * count, accepted=frozenset(str(latency) for latency in latencies),
        usage=Usage(cores={"trigger": 0.5}, machine=1.5), until_recorded=0.5,
        recorded=count if recorded is None else recorded,
    )  # fmt: skip


def test_figures_are_of_all_slices_together() -> None:
    figures = Figures.of([part([0.001 * n for n in range(1, 51)]), part([0.001 * n for n in range(51, 101)])])
    assert (figures.p50, figures.p95, figures.p99, figures.worst) == (50.0, 95.0, 99.0, 100.0)
    assert (figures.answers, figures.accepted, figures.recorded, figures.cores) == (
        {"202": 100}, 100, 100, {"trigger": 0.5},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "verdicts", "told"),
    [
        ([part([0.1])], [EXACT], []),
        ([part([0.1]), part([0.2], answers={"503": 1})], [EXACT], ["not everything was answered 202"]),
        ([part([0.1, 0.2], recorded=1)], [EXACT], ["2 events were accepted, and 1 are recorded"]),
        ([part([0.1, 0.2], recorded=3)], [EXACT], ["2 events were accepted, and 3 are recorded"]),
        ([part([0.1])], [EXACT, replace(EXACT, missing=["c"])], ["the list of failures is not exact"]),
        ([part([0.1])], [replace(EXACT, events_doubled=1)], ["the list of failures is not exact"]),
    ],
)
def test_what_was_refused_lost_or_doubled_is_found(parts: list[Part], verdicts: list[Verdict], told: list[str]) -> None:
    found = findings({OURS: parts}, verdicts)
    assert len(found) == len(told)
    assert all(sentence.startswith(start) for sentence, start in zip(found, told, strict=True)), found


def test_whoever_checks_a_slice_knows_what_was_sent_in_it() -> None:
    told = Slice(200, 2, 5, datetime.now(UTC).isoformat())
    assert plan_of(told) == plan_of(replace(told))
    assert len(plan_of(told).sendings) == pytest.approx(400, abs=5)
