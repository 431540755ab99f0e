"""What the load's figures are made of: when requests are due, how late they were, and what is said of the answers."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from tests.bench.load.checks import complaints
from tests.bench.load.figures import Spread, Step, percentile, step_of
from tests.bench.load.generator import Run
from tests.bench.load.people import People, WrongAnswerError
from tests.bench.load.schedule import Arrival, poisson_arrivals
from tests.bench.load.watcher import Usage, role_of

SHARES = {"read": 0.9, "export": 0.1}


# When requests are due


def test_as_many_are_due_as_the_rate_says_and_each_kind_has_its_share() -> None:
    arrivals = poisson_arrivals(400, 5, SHARES, seed=1)
    assert len(arrivals) == 2000
    assert [sum(arrival.kind == kind for arrival in arrivals) for kind in SHARES] == [1800, 200]


def test_they_come_in_order_within_the_time_as_those_of_people_who_know_nothing_of_each_other() -> None:
    moments = [arrival.at for arrival in poisson_arrivals(400, 50, SHARES, seed=1)]
    assert moments == sorted(moments)
    assert 0 <= moments[0] < moments[-1] <= 50
    pauses = [after - before for before, after in pairwise(moments)]
    # Exponential pauses: a share of 1/e is longer than the mean. Of a constant rate none would be.
    longer = sum(pause > 1 / 400 for pause in pauses) / len(pauses)
    assert longer == pytest.approx(math.exp(-1), abs=0.02)


def test_the_kinds_come_mixed_and_the_same_seed_gives_the_same_schedule() -> None:
    arrivals = poisson_arrivals(100, 10, SHARES, seed=7)
    assert arrivals == poisson_arrivals(100, 10, SHARES, seed=7)
    assert arrivals != poisson_arrivals(100, 10, SHARES, seed=8)
    assert {"read", "export"} <= {arrival.kind for arrival in arrivals[:500]}


# How they are sent


class Scripted:
    """Stands for the people: does what the test says for every arrival of a kind."""

    def __init__(self, **kinds: Callable[[], Awaitable[float]]) -> None:
        self.kinds: Mapping[str, Callable[[], Awaitable[float]]] = kinds
        self.changes: list[float] = []
        self.requests = 0


def follow(people: Scripted, arrivals: list[Arrival]) -> dict[str, Any]:
    async def story() -> dict[str, Any]:
        return await Run(cast(People, people)).follow(arrivals, 0.2)

    return asyncio.run(story())


def test_a_request_is_sent_when_it_is_due_while_all_before_it_are_unanswered() -> None:
    everybody = asyncio.Barrier(3)

    async def stuck() -> float:
        await everybody.wait()
        return 0.0

    seen = follow(Scripted(read=stuck), [Arrival(0.01, "read"), Arrival(0.02, "read"), Arrival(0.03, "read")])
    assert len(seen["latencies"]["read"]) == 3


def test_latency_counts_from_when_a_request_was_due_though_the_generator_was_late() -> None:
    async def blocks_the_loop() -> float:
        end = asyncio.get_running_loop().time() + 0.1
        while asyncio.get_running_loop().time() < end:
            pass
        return 0.0

    seen = follow(Scripted(read=blocks_the_loop), [Arrival(0.01, "read"), Arrival(0.02, "read")])
    # The second was due while the loop was kept busy by the first, and lasted as long itself.
    assert max(seen["lateness"]) > 0.05
    assert max(seen["latencies"]["read"]) > 0.15
    assert max(seen["pulses"]) > 0.05


def test_what_the_server_was_asked_to_hold_is_taken_off() -> None:
    async def held() -> float:
        return 3.0

    (latency,) = follow(Scripted(wait=held), [Arrival(0.0, "wait")])["latencies"]["wait"]
    assert -3.0 <= latency < 0


def test_failures_are_counted_by_kind_and_have_no_latency() -> None:
    async def refuse() -> float:
        raise WrongAnswerError("read: 500")

    async def give_up() -> float:
        raise TimeoutError

    seen = follow(
        Scripted(read=refuse, wait=give_up), [Arrival(0.0, "read"), Arrival(0.0, "wait"), Arrival(0.0, "read")]
    )
    assert seen["errors"] == {"read: 500": 2, "no answer in time": 1}
    assert seen["latencies"] == {}


# What is said of them


def test_a_percentile_is_a_value_that_was_seen() -> None:
    hundred = [float(value) for value in range(100, 0, -1)]
    assert [percentile(hundred, share) for share in (0.5, 0.99, 0.999, 1.0)] == [50.0, 99.0, 100.0, 100.0]
    assert percentile([7.0], 0.5) == 7.0
    assert Spread.of([0.001, 0.002, 0.003, 0.1]) == Spread(4, 2.0, 100.0, 100.0, 100.0)


def step(latencies: list[float], *, seconds: float = 1.0, errors: dict[str, int] | None = None) -> Step:
    seen = {
        "latencies": {"read": latencies, "export": [9.0] * 10}, "changes": [], "errors": errors or {},
        "lateness": [0.001], "pulses": [0.001], "requests": 150, "seconds": seconds,
    }  # fmt: skip
    return step_of(110, 1.0, seen, Usage())


def test_a_step_holds_until_an_error_a_late_hundredth_or_a_backlog() -> None:
    good = [0.05] * 99
    assert step([*good, 9.0]).holds
    assert not step([*good[1:], 0.051, 9.0]).holds
    assert not step([*good, 9.0], errors={"read: 500": 1}).holds
    assert step([*good, 9.0], seconds=1.02).holds
    assert not step([*good, 9.0], seconds=1.03).holds


def test_exports_are_achieved_arrivals_but_no_part_of_the_answers_latency() -> None:
    made = step([0.001] * 100)
    assert made.achieved == 110
    assert made.answers.worst == 1.0
    assert made.kinds["export"].p50 == 9000.0


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("python -m infra.local.container /x/functions/status/app.py --socket 9", "status"),
        ("python -I -S guard.py SIGTERM python -m infra.local.qstash --port 1", "qstash"),
        ("python -m tests.bench.load.laptop /x", "gateway"),
        ("python -m tests.bench.load.generator http://x", "generator"),
        ("/x/bin/postgres -D /x/postgres --port=1", "postgres"),
        ("postgres: handoff handoff 127.0.0.1(1) idle", "postgres"),
        ("sh -c true", "other"),
    ],
)
def test_a_process_is_told_by_what_it_was_started_with(command: str, role: str) -> None:
    assert role_of(command) == role


def test_a_log_complains_by_a_level_an_error_a_server_error_or_what_is_no_json(tmp_path: Path) -> None:
    bad = ['{"level": "ERROR"}', '{"error": "x"}', '{"status": 502}', "Traceback"]
    good = ['{"level": "INFO", "status": 404}', '{"_aws": {}}', ""]
    log = tmp_path / "status.jsonl"
    log.write_text("\n".join([*good, *bad]))
    assert complaints(log) == bad
    assert complaints(log, len("\n".join([*good, bad[0]]))) == bad[1:]


def test_postgres_complains_in_words(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_text("2026 LOG:  ready\n2026 [1] ERROR:  deadlock detected\n")
    assert complaints(log) == ["2026 [1] ERROR:  deadlock detected"]
