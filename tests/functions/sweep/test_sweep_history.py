"""Runs and idempotency keys past their retention."""

from tests.functions.sweep.moves import NOTHING, age
from tests.support.handoff import Handoff, Person
from tests.support.tables import contents


def test_runs_past_their_retention_go_with_all_that_hangs_on_them_but_never_before_their_files(
    handoff: Handoff, person: Person
) -> None:
    old = person.ready_export()
    assert handoff.visit(old["links"][0]["url"]).status == 200
    kept = person.ready_export()
    handoff.rows("UPDATE runs SET ended_at = ended_at - interval '30 days' WHERE id = %(id)s", id=old["id"])
    assert handoff.sweep() == NOTHING, "its bytes are still there"
    age(handoff, days=7)
    done = handoff.sweep()
    assert (done["remove old files"], done["delete old runs"]) == (2, 1)
    held = contents(handoff)
    assert [export["id"] for export in held["runs"]] == [kept["id"]]
    assert [file["run_id"] for file in held["files"]] == [kept["id"]]
    assert [link["id"] for link in held["links"]] == [kept["links"][0]["id"]]
    assert held["visits"] == []
    assert [key["run_id"] for key in held["idempotency_keys"]] == [kept["id"]]
    assert handoff.visit(old["links"][0]["url"]).status == 404


def test_a_run_just_short_of_its_retention_and_an_unfinished_one_are_kept(handoff: Handoff, person: Person) -> None:
    handoff.give_up(person.request_export())
    person.request_export()
    handoff.rows("UPDATE runs SET ended_at = ended_at - interval '29 days 23 hours', created_at = 'epoch'")
    before = contents(handoff)
    assert handoff.sweep() == NOTHING
    assert contents(handoff) == before


def test_idempotency_keys_go_after_24_hours(handoff: Handoff, person: Person) -> None:
    for name in ("old", "young"):
        person.request_export(**{"Idempotency-Key": name})
    for name, passed in (("old", "24 hours"), ("young", "23 hours 59 minutes")):
        handoff.rows(
            "UPDATE idempotency_keys SET created_at = created_at - %(passed)s::interval WHERE key = %(name)s",
            name=name,
            passed=passed,
        )
    assert handoff.sweep() == {**NOTHING, "delete old idempotency keys": 1}
    assert [key["key"] for key in contents(handoff)["idempotency_keys"]] == ["young"]
    assert len(contents(handoff)["runs"]) == 2
