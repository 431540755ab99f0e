"""Unfinished runs past their deadline: every run ends."""

import pytest

from tests.functions.sweep.moves import NOTHING, lease_to_somebody, make_due, the_export, tries_sent
from tests.support.handoff import Handoff, Person
from tests.support.servers import Source
from tests.support.tables import contents


@pytest.mark.parametrize("state", ["queued", "running", "running, lease over"])
def test_an_unfinished_run_past_its_deadline_ends_as_timed_out(state: str, handoff: Handoff, person: Person) -> None:
    export_id = person.request_export()
    if state != "queued":
        lease_to_somebody(handoff, export_id, ends_in=20 if state == "running" else 0)
    make_due(handoff)
    handoff.rows("UPDATE runs SET deadline_at = clock_timestamp()")
    assert handoff.sweep() == {**NOTHING, "end past deadline": 1}, "what ends need not be sent again"
    export = person.export(export_id)
    assert (export["state"], export["problem"]["code"]) == ("timed_out", "deadline")
    assert export["ended_at"] is not None
    row = the_export(handoff)
    assert (row["lease_token"], row["lease_expires_at"]) == (None, None)
    assert contents(handoff)["outbox"] == []
    assert tries_sent(handoff.queue) == [1]
    assert person.trigger("POST", f"/api/exports/{export_id}/retry").status == 202
    assert handoff.deliver(export_id, 2).status == 200
    assert person.export(export_id)["state"] == "ready"


def test_a_worker_that_ends_after_the_deadline_is_too_late(handoff: Handoff, person: Person, source: Source) -> None:
    export_id = person.request_export()

    def sweep_past_the_deadline() -> None:
        handoff.rows("UPDATE runs SET deadline_at = clock_timestamp()")
        handoff.sweep()

    handoff.sweeper  # noqa: B018 - loaded here, not in the source's thread
    source.before_answer = sweep_past_the_deadline
    assert handoff.deliver(export_id).status == 200
    export = person.export(export_id)
    assert (export["state"], export["links"], export["file"]) == ("timed_out", [], None)


def test_a_deadline_is_nothing_to_a_run_that_has_ended(handoff: Handoff, person: Person) -> None:
    person.ready_export()
    handoff.give_up(person.request_export())
    handoff.rows("UPDATE runs SET deadline_at = clock_timestamp() - interval '1 hour'")
    before = contents(handoff)
    assert handoff.sweep() == NOTHING
    assert contents(handoff) == before


def test_one_sweep_ends_more_runs_than_one_statement_does(handoff: Handoff) -> None:
    handoff.rows(
        "INSERT INTO runs (id, owner, document, job_type, slot, max_attempts, deadline_at, created_at, updated_at)"
        " SELECT gen_random_uuid(), 'owner ' || n, 'source-pdf', 'produce_export', 1, 4, now(), now(), now()"
        " FROM generate_series(1, 230) AS n"
    )
    assert [handoff.sweep()["end past deadline"] for _ in range(2)] == [230, 0]
