"""Runs whose worker vanished, and a sweep that fails in part."""

import json
from typing import Any

import pytest

from handoff.errors import HandoffError
from tests.functions.sweep.moves import NOTHING, lease_to_somebody, make_due, the_export, tries_sent
from tests.support.containers import meanwhile
from tests.support.deliveries import delivery
from tests.support.handoff import PRODUCE, Handoff, Person
from tests.support.servers import Source
from tests.support.tables import contents


def test_with_nothing_to_do_it_does_nothing(handoff: Handoff, person: Person) -> None:
    person.ready_export()
    person.request_export()
    before = contents(handoff)
    assert handoff.sweep() == NOTHING
    assert contents(handoff) == before


def test_a_run_whose_lease_ran_out_is_sent_again_at_once_under_a_higher_try(handoff: Handoff, person: Person) -> None:
    export_id = person.request_export()
    lease_to_somebody(handoff, export_id, ends_in=0)
    assert handoff.sweep() == {**NOTHING, "return expired leases": 1, "publish due messages": 1}
    export = person.export(export_id)
    assert (export["state"], export["try"], export["attempt"]) == ("queued", 2, 1)
    assert export["problem"]["code"] == "worker_lost"
    assert tries_sent(handoff.queue) == [1, 2]
    row = the_export(handoff)
    assert (row["lease_token"], row["lease_expires_at"], row["ended_at"]) == (None, None, None)
    assert handoff.deliver(export_id, 2).status == 200
    export = person.export(export_id)
    assert (export["state"], export["attempt"], export["problem"]) == ("ready", 2, None)


def test_a_lease_that_lives_is_left_alone(handoff: Handoff, person: Person) -> None:
    lease_to_somebody(handoff, person.request_export(), ends_in=5)
    before = contents(handoff)
    assert handoff.sweep() == NOTHING
    assert contents(handoff) == before


def test_a_run_that_the_queue_gave_up_on_while_it_was_leased_fails_when_the_lease_ends(
    handoff: Handoff, person: Person
) -> None:
    export_id = person.request_export()
    lease_to_somebody(handoff, export_id, ends_in=20)
    assert handoff.give_up(export_id).status == 200
    assert handoff.sweep() == NOTHING
    handoff.rows("UPDATE runs SET lease_expires_at = clock_timestamp()")
    assert handoff.sweep() == {**NOTHING, "return expired leases": 1}
    export = person.export(export_id)
    assert (export["state"], export["problem"]["code"]) == ("failed", "worker_lost")
    assert export["ended_at"] is not None
    assert contents(handoff)["outbox"] == []
    assert tries_sent(handoff.queue) == [1]


def test_a_worker_that_comes_back_after_its_lease_changes_nothing(
    handoff: Handoff, person: Person, source: Source
) -> None:
    export_id = person.request_export()

    def take_over() -> None:
        source.before_answer = lambda: None
        handoff.rows("UPDATE runs SET lease_expires_at = clock_timestamp()")
        handoff.sweep()
        body = json.dumps({"id": export_id, "try": 2}).encode()
        assert meanwhile(other, delivery(PRODUCE, body)).status == 200
        after_the_winner.update(contents(handoff))

    handoff.sweeper  # noqa: B018 - loaded here, not in the source's thread
    other = handoff.load("callback")
    after_the_winner: dict[str, Any] = {}
    source.before_answer = take_over
    assert handoff.deliver(export_id).status == 200
    assert contents(handoff) == after_the_winner
    assert len(contents(handoff)["files"]) == 2
    assert handoff.visit(person.export(export_id)["links"][0]["url"]).status == 200


def test_one_duty_that_fails_does_not_stop_the_others_and_the_sweep_says_which(
    handoff: Handoff, person: Person
) -> None:
    export_id = person.request_export()
    lease_to_somebody(handoff, export_id, ends_in=0)
    handoff.rows("UPDATE runs SET deadline_at = clock_timestamp() + interval '1 hour'")

    def fail() -> int:
        raise RuntimeError("a-secret-in-an-error")

    duties = handoff.sweeper.DUTIES
    for name in ("end past deadline", "remove old files"):
        duties[name] = fail
    with pytest.raises(HandoffError) as failed:
        handoff.sweep()
    assert str(failed.value) == "not done: end past deadline, remove old files"
    assert tries_sent(handoff.queue) == [1, 2]
    assert person.export(export_id)["state"] == "queued"


def test_with_the_database_down_every_duty_fails_and_the_next_sweep_works(handoff: Handoff, person: Person) -> None:
    person.request_export()
    make_due(handoff)
    away = handoff.load("sweep", DATABASE_URL="postgresql://nobody@127.0.0.1:1/handoff")
    with pytest.raises(HandoffError) as failed:
        away.handler({}, None)
    assert str(failed.value) == "not done: " + ", ".join(NOTHING)
    assert handoff.sweep() == {**NOTHING, "publish due messages": 1}
