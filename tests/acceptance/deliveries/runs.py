"""Puts a run into a state, and looks at its row."""

from typing import Any

from tests.support.handoff import Handoff, Person
from tests.support.tables import contents


def lease(handoff: Handoff, seconds: float) -> None:
    """Some worker has had the run since then; its lease ends in so many seconds."""
    handoff.rows(
        "WITH run AS (UPDATE runs SET state = 'running', attempt = attempt + 1, lease_token = gen_random_uuid(),"
        " lease_expires_at = clock_timestamp() + make_interval(secs => %(seconds)s) RETURNING id)"
        " DELETE FROM outbox USING run WHERE run_id = run.id",
        seconds=seconds,
    )


def run_row(handoff: Handoff) -> dict[str, Any]:
    (row,) = contents(handoff)["runs"]
    found: dict[str, Any] = row
    return found


def raise_try(handoff: Handoff, person: Person, export_id: str) -> None:
    """Cancel and retry: the run waits again, with try 2."""
    assert person.trigger("POST", f"/api/exports/{export_id}/cancel").status == 200
    assert person.trigger("POST", f"/api/exports/{export_id}/retry").status == 202
    assert run_row(handoff)["try"] == 2


def all_but_the_report(handoff: Handoff) -> dict[str, list[Any]]:
    """Everything the database holds, without what the queue reported of the run."""
    found = contents(handoff)
    recorded = ("given_up_try", "dead_letter_id")
    runs = [{name: value for name, value in row.items() if name not in recorded} for row in found["runs"]]
    return {**found, "runs": runs}
