"""Files past their retention, and what workers wrote without their lease."""

import time
from typing import Any

import pytest

from handoff.files.sweep import remove_old_files
from handoff.storage import StorageUnavailableError
from tests.functions.sweep.moves import NOTHING, age, lease_to_somebody, stored_keys, watch
from tests.support.handoff import Handoff, Person
from tests.support.problems import assert_problem
from tests.support.tables import contents


def test_a_file_past_its_retention_is_removed_and_its_links_say_so(handoff: Handoff, person: Person) -> None:
    export = person.ready_export()
    age(handoff, days=7, seconds=-60)
    assert handoff.sweep() == NOTHING
    etag = person.status(f"/api/exports/{export['id']}").headers["etag"]
    age(handoff, seconds=60)
    watch(handoff, lambda _: seen.extend(contents(handoff)["files"]))
    seen: list[dict[str, Any]] = []
    assert handoff.sweep() == {**NOTHING, "remove old files": 1}
    (during,) = seen
    assert during["removing_at"] is not None, "recorded before"
    assert during["removed_at"] is None, "and that it is gone only after"
    (after,) = contents(handoff)["files"]
    assert after["removing_at"] == during["removing_at"] < after["removed_at"]
    assert stored_keys(handoff) == set()

    answer = handoff.visit(export["links"][0]["url"])
    assert (answer.status, answer.json["type"]) == (410, "urn:handoff:problem:link-removed")
    seen_by_owner = person.status(f"/api/exports/{export['id']}")
    assert seen_by_owner.headers["etag"] != etag
    assert [link["state"] for link in seen_by_owner.json["links"]] == ["removed"]
    assert seen_by_owner.json["file"]["removed_at"] is not None
    assert seen_by_owner.json["state"] == "ready"
    assert_problem(person.trigger("POST", f"/api/exports/{export['id']}/links"), 410, "file-removed")
    assert handoff.sweep() == NOTHING


def test_one_sweep_removes_what_is_old_however_much_it_is(handoff: Handoff, person: Person) -> None:
    person.ready_export()
    store_old_files(handoff, 250)
    assert handoff.sweep() == {**NOTHING, "remove old files": 250}


def test_a_store_that_is_slow_does_not_keep_the_sweep_from_its_other_duties(handoff: Handoff, person: Person) -> None:
    person.ready_export()
    store_old_files(handoff, 5)
    watch(handoff, lambda _: time.sleep(1.1))
    wiring = handoff.sweeper.wiring
    assert remove_old_files(wiring.database, wiring.storage, retention_days=7, seconds=1) == 1
    watch(handoff, lambda _: None)
    assert handoff.sweep() == {**NOTHING, "remove old files": 4}


def test_files_that_cannot_be_deleted_do_not_keep_the_others_waiting(handoff: Handoff, person: Person) -> None:
    person.ready_export()
    store_old_files(handoff, 100)

    def refuse(key: str) -> None:
        if key.startswith("old/"):
            raise StorageUnavailableError

    watch(handoff, refuse)
    assert handoff.sweep() == NOTHING
    age(handoff, days=7)
    version = handoff.rows("SELECT version FROM runs")[0]["version"]
    assert handoff.sweep() == {**NOTHING, "remove old files": 1}
    assert handoff.rows("SELECT version FROM runs")[0]["version"] == version + 1
    assert handoff.sweep() == NOTHING
    assert handoff.rows("SELECT version FROM runs")[0]["version"] == version + 1, "nothing new was seen"


def test_a_file_that_cannot_be_deleted_changes_its_run_once(handoff: Handoff, person: Person) -> None:
    export = person.ready_export()
    age(handoff, days=7)

    def refuse(key: str) -> None:
        raise StorageUnavailableError

    watch(handoff, refuse)
    handoff.sweep()
    etag = person.status(f"/api/exports/{export['id']}").headers["etag"]
    handoff.sweep()
    assert person.status(f"/api/exports/{export['id']}").headers["etag"] == etag


def store_old_files(handoff: Handoff, count: int) -> None:
    """What workers without a lease left behind, an hour and more ago."""
    handoff.rows(
        "INSERT INTO files (id, run_id, key, created_at)"
        " SELECT gen_random_uuid(), runs.id, 'old/' || number, now() - interval '2 hours'"
        " FROM runs, generate_series(1, %(count)s::int) AS number",
        count=count,
    )


def test_a_store_that_fails_leaves_the_file_being_removed_and_the_next_sweep_removes_it(
    handoff: Handoff, person: Person
) -> None:
    first, second = person.ready_export(), person.ready_export()
    (bad,) = [file["key"] for file in contents(handoff)["files"] if file["run_id"] == first["id"]]
    age(handoff, days=7)

    def refuse(key: str) -> None:
        if key == bad:
            raise StorageUnavailableError

    watch(handoff, refuse)
    assert handoff.sweep() == {**NOTHING, "remove old files": 1}, "the other one"
    files = {file["key"]: file for file in contents(handoff)["files"]}
    assert files[bad]["removing_at"] is not None
    assert files[bad]["removed_at"] is None
    assert stored_keys(handoff) == {bad}
    for export in (first, second):
        assert handoff.visit(export["links"][0]["url"]).status == 410, "as soon as its removal has begun"
    watch(handoff, lambda _: None)
    assert handoff.sweep() == {**NOTHING, "remove old files": 1}
    after = {file["key"]: file for file in contents(handoff)["files"]}
    assert after[bad]["removing_at"] == files[bad]["removing_at"]
    assert after[bad]["removed_at"] is not None
    assert stored_keys(handoff) == set()


def test_a_sweep_killed_after_the_bytes_were_removed_is_made_good_by_the_next(handoff: Handoff, person: Person) -> None:
    person.ready_export()
    age(handoff, days=7)

    class Killed(BaseException):
        pass

    def kill(key: str) -> None:
        handoff.callback.wiring.storage.delete(key)
        raise Killed

    watch(handoff, kill)
    with pytest.raises(Killed):
        handoff.sweep()
    assert stored_keys(handoff) == set()
    watch(handoff, lambda _: None)
    assert handoff.sweep() == {**NOTHING, "remove old files": 1}
    assert contents(handoff)["files"][0]["removed_at"] is not None


def test_what_a_worker_wrote_without_its_lease_is_removed_and_the_winners_file_never(
    handoff: Handoff, person: Person
) -> None:
    export_id = person.request_export()
    lease_to_somebody(handoff, export_id, ends_in=0)
    assert handoff.deliver(export_id, retried=1).status == 200
    files = contents(handoff)["files"]
    (winner,) = [file["key"] for file in files if file["stored_at"]]
    (loser,) = [file["key"] for file in files if not file["stored_at"]]
    handoff.callback.wiring.storage.put(loser, [b"%PDF-too-late"], "application/pdf")
    assert stored_keys(handoff) == {winner, loser}

    age(handoff, seconds=3590)
    assert handoff.sweep() == NOTHING, "its worker may still be writing"
    age(handoff, seconds=20)
    assert handoff.sweep() == {**NOTHING, "remove old files": 1}
    assert stored_keys(handoff) == {winner}
    assert person.export(export_id)["links"][0]["state"] == "live"
    assert handoff.visit(person.export(export_id)["links"][0]["url"]).status == 200
    assert handoff.sweep() == NOTHING


def test_the_key_of_a_worker_that_holds_the_lease_is_kept_however_old(handoff: Handoff, person: Person) -> None:
    lease_to_somebody(handoff, person.request_export(), ends_in=60)
    age(handoff, days=1)
    before = contents(handoff)
    assert handoff.sweep() == NOTHING
    assert contents(handoff) == before


@pytest.mark.parametrize("ending", ["canceled", "failed", "timed_out"])
def test_what_was_written_for_a_run_that_ended_otherwise_is_removed_too(
    ending: str, handoff: Handoff, person: Person
) -> None:
    export_id = person.request_export()
    lease_to_somebody(handoff, export_id, ends_in=20)
    (key,) = [file["key"] for file in contents(handoff)["files"]]
    handoff.callback.wiring.storage.put(key, [b"%PDF-dropped"], "application/pdf")
    handoff.rows(
        "UPDATE runs SET state = %(ending)s::run_state, lease_token = NULL, lease_expires_at = NULL,"
        " outcome = 'deadline', ended_at = now()",
        ending=ending,
    )
    age(handoff, seconds=3601)
    assert handoff.sweep() == {**NOTHING, "remove old files": 1}
    assert stored_keys(handoff) == set()
