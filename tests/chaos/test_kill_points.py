"""kill -9 at each named point of an export, on the whole stack: it ends once, with only the sweep to help. The queue
delivers each message once, and nobody hears what it reports; then the same with the report heard."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.faulty import (
    JOB,
    REPORT,
    FaultyStack,
    assert_ended_once,
    assert_stays,
    wait_until_used,
)
from tests.support.exchange import Exchange, reset
from tests.support.postgres_proxy import Cut
from tests.support.stack import wait_for

GRACE = 3
"""Seconds: longer than a killed container takes to start again and to hear the queue's report."""

# Where the proxies see the export pass: a named query, on its way to Postgres or with its answer on the way back; or
# the write, once the store has it and the worker does not know yet.
POINTS = {
    "before claim": ("before", "claim_run"),
    "after claim": ("after", "claim_run"),
    "after put": ("store", "PUT /.+/exports/"),
    "before complete": ("before", "complete_run"),
    "after complete, before the answer": ("after", "complete_run"),
}
VICTIMS = ("callback", "Postgres", "QStash")

# Every export is ready in the end. By the try that made it one sees who helped: 1 is nobody, 2 is the sweep.
TRIES = {
    ("before claim", "callback"): 2,
    ("before claim", "Postgres"): 2,
    ("after claim", "callback"): 2,
    ("after claim", "Postgres"): 2,
    ("after put", "callback"): 2,
    ("after put", "Postgres"): 2,
    ("before complete", "callback"): 2,
    ("before complete", "Postgres"): 2,
    ("after complete, before the answer", "callback"): 1,
    ("after complete, before the answer", "Postgres"): 1,
    # A worker goes on without the queue.
    **{(point, "QStash"): 1 for point in POINTS},
}

# How a run ends whose worker is killed, when the report is heard: by it, or by the sweep once the lease is over. At the
# points in between it is as after the claim.
REPORTED = {
    "before claim": ("failed", "undeliverable"),
    "after claim": ("failed", "worker_lost"),
    "after complete, before the answer": ("ready", None),
}


@pytest.fixture(scope="module")
def chaos_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyStack]:
    made = FaultyStack(tmp_path_factory.mktemp("chaos"), retries=0, deadline=40, grace=GRACE, storage="s3")
    with made.exit:
        yield made


@pytest.fixture
def chaos(chaos_stack: FaultyStack) -> Iterator[FaultyStack]:
    chaos_stack.quiet()
    yield chaos_stack
    chaos_stack.quiet()


def kill(chaos: FaultyStack, victim: str) -> list[int]:
    """The processes that it was."""
    killed = chaos.stack.container_pids(victim) if victim == "callback" else [chaos.stack.service_pid(victim)]
    if victim == "Postgres":
        # Its children would notice only a moment later, and do what they are asked meanwhile.
        killed += map(int, Path(f"/proc/{killed[0]}/task/{killed[0]}/children").read_text().split())
    for process in killed:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return killed


def assert_died(killed: list[int]) -> None:
    wait_for(lambda: killed)  # the point was reached
    wait_for(lambda: not any(Path(f"/proc/{process}").exists() for process in killed))


def kill_at(chaos: FaultyStack, point: str, victim: str) -> list[int]:
    """Will hold the processes that were killed."""
    moment, name = POINTS[point]
    killed: list[int] = []

    def act() -> None:
        killed.extend(kill(chaos, victim))
        if moment == "before" and victim != "QStash":
            raise Cut  # what the dead have sent, or would have received, is still on its way here

    def after_put(exchange: Exchange) -> None:
        answer = exchange.forward()
        act()
        exchange.answer(*answer)

    if moment == "store":
        assert chaos.store is not None
        chaos.store.expect(name, after_put)
    else:
        getattr(chaos.postgres, moment)[name] = act
    return killed


def lose_reports(chaos: FaultyStack) -> None:
    chaos.deliveries.expect(REPORT, *[reset] * 10)


def assert_made(chaos: FaultyStack, export: dict[str, Any], *, by_try: int) -> None:
    assert_ended_once(chaos, export, "ready")
    assert export["try"] == by_try
    assert_stays(chaos, export)


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("point", POINTS)
def test_an_export_is_made_once_when_something_is_killed(point: str, victim: str, chaos: FaultyStack) -> None:
    lose_reports(chaos)
    killed = kill_at(chaos, point, victim)
    export = chaos.wait_for_end(chaos.request_export())
    assert_died(killed)
    assert_made(chaos, export, by_try=TRIES[point, victim])


@pytest.mark.parametrize("point", REPORTED)
def test_a_run_whose_worker_is_killed_ends_once_when_the_queues_report_is_heard(point: str, chaos: FaultyStack) -> None:
    killed = kill_at(chaos, point, "callback")
    export = chaos.wait_for_end(chaos.request_export())
    assert_died(killed)
    assert_ended_once(chaos, export, *REPORTED[point])
    assert_stays(chaos, export)
    assert [each.status for each in chaos.reports(export["id"])] == [200]
    assert export["try"] == 1


@pytest.mark.parametrize("victim", VICTIMS)
def test_an_export_is_made_once_when_something_is_killed_during_fetch(victim: str, chaos: FaultyStack) -> None:
    lose_reports(chaos)
    chaos.source.halt_once()
    export_id = chaos.request_export()
    assert chaos.source.halted.wait(10)
    at_the_kill = chaos.stack.rows(
        "SELECT state::text, stored_at FROM runs JOIN files ON run_id = runs.id WHERE runs.id = %(id)s",
        id=export_id,
    )
    killed = kill(chaos, victim)
    chaos.source.go_on()
    assert_died(killed)
    assert at_the_kill == [{"state": "running", "stored_at": None}]
    assert_made(chaos, chaos.wait_for_end(export_id), by_try=1 if victim == "QStash" else 2)


def test_a_message_that_was_lost_with_the_queue_is_sent_again_by_the_sweep(chaos: FaultyStack) -> None:
    def kill_the_queue(exchange: Exchange) -> None:
        kill(chaos, "QStash")
        reset(exchange)

    chaos.deliveries.expect(JOB, kill_the_queue)
    export = chaos.wait_for_end(chaos.request_export())
    wait_until_used(chaos.deliveries)
    assert_made(chaos, export, by_try=2)


def test_the_same_export_comes_of_a_request_whose_handler_is_killed_after_the_commit(chaos: FaultyStack) -> None:
    visitor = chaos.stack.visitor()
    key = {"Idempotency-Key": "one-click"}
    chaos.postgres.after["request_export"] = partial(chaos.stack.kill_function, "trigger")

    assert visitor.http.post("/api/exports", json={}, headers=key).status_code == 500
    again = visitor.http.post("/api/exports", json={}, headers=key)

    assert again.status_code == 202
    export = visitor.wait_for_end(again.json()["id"], chaos.bound)
    assert (export["state"], export["try"]) == ("ready", 2)
    assert len(visitor.http.get("/api/exports").json()["items"]) == 1
