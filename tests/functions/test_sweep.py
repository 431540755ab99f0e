"""The sweep, every minute: whatever was lost is found, sent again, ended or removed. Time is moved by changing rows."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from handoff.errors import HandoffError
from handoff.storage import Storage, StorageUnavailableError
from infra.local.postgres import Postgres
from tests.support.containers import at_once, meanwhile
from tests.support.deliveries import delivery
from tests.support.handoff import PRODUCE, Handoff, Person
from tests.support.problems import assert_problem
from tests.support.servers import PublishEndpoint, Source
from tests.support.standing import empty, standing_database
from tests.support.tables import contents

NOTHING = {
    "end past deadline": 0,
    "return expired leases": 0,
    "publish due messages": 0,
    "remove old files": 0,
    "delete old runs": 0,
    "delete old idempotency keys": 0,
}


@pytest.fixture(scope="module")
def module_database(postgres: Postgres) -> Iterator[str]:
    with standing_database(postgres) as url:
        yield url


@pytest.fixture
def database_url(module_database: str) -> Iterator[str]:
    """One for all tests, emptied after each."""
    yield module_database
    empty(module_database)


@pytest.fixture
def person(handoff: Handoff) -> Person:
    return handoff.person()


def lease_to_somebody(handoff: Handoff, export_id: str, ends_in: float) -> None:
    """A worker claimed the run and was not heard of again."""
    handoff.rows(
        "WITH run AS (UPDATE exports SET state = 'running', attempt = 1, started_at = now(),"
        " lease_token = gen_random_uuid(), lease_expires_at = clock_timestamp() + make_interval(secs => %(ends_in)s)"
        " WHERE id = %(id)s RETURNING id, lease_token),"
        " message AS (DELETE FROM outbox USING run WHERE export_id = run.id)"
        " INSERT INTO files (id, export_id, key, created_at)"
        " SELECT lease_token, id, 'exports/' || id || '/' || lease_token, now() FROM run",
        id=export_id,
        ends_in=ends_in,
    )


def make_due(handoff: Handoff) -> None:
    handoff.rows("UPDATE outbox SET publish_after = clock_timestamp()")


def the_export(handoff: Handoff) -> dict[str, Any]:
    (row,) = contents(handoff)["exports"]
    found: dict[str, Any] = row
    return found


def tries_sent(queue: PublishEndpoint) -> list[int]:
    return [message.json["try"] for message in queue.published]


def test_with_nothing_to_do_it_does_nothing(handoff: Handoff, person: Person) -> None:
    person.ready_export()
    person.request_export()
    before = contents(handoff)
    assert handoff.sweep() == NOTHING
    assert contents(handoff) == before


# Leases


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
    handoff.rows("UPDATE exports SET lease_expires_at = clock_timestamp()")
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
        handoff.rows("UPDATE exports SET lease_expires_at = clock_timestamp()")
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


# Deadlines


@pytest.mark.parametrize("state", ["queued", "running", "running, lease over"])
def test_an_unfinished_run_past_its_deadline_ends_as_timed_out(state: str, handoff: Handoff, person: Person) -> None:
    export_id = person.request_export()
    if state != "queued":
        lease_to_somebody(handoff, export_id, ends_in=20 if state == "running" else 0)
    make_due(handoff)
    handoff.rows("UPDATE exports SET deadline_at = clock_timestamp()")
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
        handoff.rows("UPDATE exports SET deadline_at = clock_timestamp()")
        handoff.sweep()

    handoff.sweeper  # noqa: B018 - loaded here, not in the source's thread
    source.before_answer = sweep_past_the_deadline
    assert handoff.deliver(export_id).status == 200
    export = person.export(export_id)
    assert (export["state"], export["links"], export["file"]) == ("timed_out", [], None)


def test_a_deadline_is_nothing_to_a_run_that_has_ended(handoff: Handoff, person: Person) -> None:
    person.ready_export()
    handoff.give_up(person.request_export())
    handoff.rows("UPDATE exports SET deadline_at = clock_timestamp() - interval '1 hour'")
    before = contents(handoff)
    assert handoff.sweep() == NOTHING
    assert contents(handoff) == before


def test_what_one_sweep_leaves_the_next_one_does(handoff: Handoff) -> None:
    handoff.rows(
        "INSERT INTO exports (id, owner, document, job_type, slot, max_attempts, deadline_at, created_at, updated_at)"
        " SELECT gen_random_uuid(), 'owner ' || n, 'source-pdf', 'produce_export', 1, 4, now(), now(), now()"
        " FROM generate_series(1, 230) AS n"
    )
    assert [handoff.sweep()["end past deadline"] for _ in range(3)] == [200, 30, 0]


# Outbox


def test_a_message_that_nobody_claims_is_sent_again_and_again_after_growing_pauses(
    handoff: Handoff, person: Person
) -> None:
    export_id = person.request_export()
    pauses = []
    for _ in range(5):
        make_due(handoff)
        assert handoff.sweep() == {**NOTHING, "publish due messages": 1}
        assert handoff.sweep() == NOTHING, "not before its time"
        (row,) = contents(handoff)["outbox"]
        updated = datetime.fromisoformat(the_export(handoff)["updated_at"])
        pauses.append(round((datetime.fromisoformat(row["publish_after"]) - updated).total_seconds()))
    assert pauses == [30, 60, 120, 240, 480]
    assert tries_sent(handoff.queue) == [1, 2, 3, 4, 5, 6]
    assert handoff.deliver(export_id, 6).status == 200
    assert person.export(export_id)["state"] == "ready"


def test_a_queue_that_is_down_during_the_sweep_is_tried_again_later(
    handoff: Handoff, person: Person, queue: PublishEndpoint
) -> None:
    export_id = person.request_export()
    make_due(handoff)
    queue.status = 503
    assert handoff.sweep() == {**NOTHING, "publish due messages": 1}
    queue.status = 201
    make_due(handoff)
    assert handoff.sweep() == {**NOTHING, "publish due messages": 1}
    assert tries_sent(queue) == [1, 3]
    assert handoff.deliver(export_id, 3).status == 200


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Set at the end, so that a server that hangs lets go."""
    made = threading.Event()
    yield made
    made.set()


def test_a_queue_that_hangs_does_not_keep_the_sweep_from_its_other_duties(
    handoff: Handoff, queue: PublishEndpoint, released: threading.Event
) -> None:
    """60 s is all that a sweep has, and there may be 200 messages."""
    for person in [handoff.person() for _ in range(4)]:
        for _ in range(5):
            person.request_export()
    make_due(handoff)

    def hold() -> None:
        released.wait(40)

    queue.before_answer = hold
    started = time.monotonic()
    assert handoff.sweep()["publish due messages"] == 20
    assert time.monotonic() - started < 10, "one after the other would take 30 s"


def test_two_sweeps_at_once_send_each_message_once(handoff: Handoff) -> None:
    for person in [handoff.person() for _ in range(4)]:
        for _ in range(5):
            person.request_export()
    make_due(handoff)
    sweeps = [handoff.load("sweep") for _ in range(4)]
    threads = [threading.Thread(target=lambda sweep=sweep: sweep.handler({}, None)) for sweep in sweeps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [(message.json["id"], message.json["try"]) for message in handoff.queue.published]
    assert len(sent) == len(set(sent)) == 40
    assert {export["try"] for export in contents(handoff)["exports"]} == {2}


def test_a_sweep_and_a_claim_at_once_do_not_lock_each_other_out(handoff: Handoff, person: Person) -> None:
    """Both take the run before its message."""
    exports = [person.request_export() for _ in range(5)]
    make_due(handoff)
    workers = [handoff.load("callback") for _ in exports]
    sweep = threading.Thread(target=lambda: handoff.sweeper.handler({}, None))
    bodies = [json.dumps({"id": export_id, "try": 1}).encode() for export_id in exports]
    handoff.sweeper  # noqa: B018 - loaded before the race begins
    sweep.start()
    answers = at_once(workers, lambda number: [delivery(PRODUCE, bodies[number])])
    sweep.join()
    assert {answer.status for answer in answers} == {200}
    assert {export["state"] for export in contents(handoff)["exports"]} == {"ready"}


# Files


class WatchedStorage:
    """The store, with something that happens before a file is deleted."""

    def __init__(self, storage: Storage, before: Any) -> None:
        self._storage = storage
        self._before = before

    def delete(self, key: str) -> None:
        self._before(key)
        self._storage.delete(key)


def watch(handoff: Handoff, before: Any) -> None:
    storage = handoff.callback.wiring.storage
    handoff.sweeper.wiring.__dict__["storage"] = WatchedStorage(storage, before)


def stored_keys(handoff: Handoff) -> set[str]:
    folder = Path(handoff.environment["STORAGE_FOLDER"])
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name.removesuffix("@") for name in found}


def age(handoff: Handoff, *, days: float = 0, seconds: float = 0) -> None:
    """Let that time pass for every file."""
    handoff.rows(
        "UPDATE files SET stored_at = stored_at - span, created_at = created_at - span"
        " FROM (SELECT make_interval(secs => %(seconds)s) AS span) AS clock",
        seconds=days * 86_400 + seconds,
    )


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


def test_a_store_that_fails_leaves_the_file_being_removed_and_the_next_sweep_removes_it(
    handoff: Handoff, person: Person
) -> None:
    first, second = person.ready_export(), person.ready_export()
    (bad,) = [file["key"] for file in contents(handoff)["files"] if file["export_id"] == first["id"]]
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
        "UPDATE exports SET state = %(ending)s::run_state, lease_token = NULL, lease_expires_at = NULL,"
        " outcome = 'deadline', ended_at = now()",
        ending=ending,
    )
    age(handoff, seconds=3601)
    assert handoff.sweep() == {**NOTHING, "remove old files": 1}
    assert stored_keys(handoff) == set()


# History


def test_runs_past_their_retention_go_with_all_that_hangs_on_them_but_never_before_their_files(
    handoff: Handoff, person: Person
) -> None:
    old = person.ready_export()
    assert handoff.visit(old["links"][0]["url"]).status == 200
    kept = person.ready_export()
    handoff.rows("UPDATE exports SET ended_at = ended_at - interval '30 days' WHERE id = %(id)s", id=old["id"])
    assert handoff.sweep() == NOTHING, "its bytes are still there"
    age(handoff, days=7)
    done = handoff.sweep()
    assert (done["remove old files"], done["delete old runs"]) == (2, 1)
    held = contents(handoff)
    assert [export["id"] for export in held["exports"]] == [kept["id"]]
    assert [file["export_id"] for file in held["files"]] == [kept["id"]]
    assert [link["id"] for link in held["links"]] == [kept["links"][0]["id"]]
    assert held["visits"] == []
    assert [key["export_id"] for key in held["idempotency_keys"]] == [kept["id"]]
    assert handoff.visit(old["links"][0]["url"]).status == 404


def test_a_run_just_short_of_its_retention_and_an_unfinished_one_are_kept(handoff: Handoff, person: Person) -> None:
    handoff.give_up(person.request_export())
    person.request_export()
    handoff.rows("UPDATE exports SET ended_at = ended_at - interval '29 days 23 hours', created_at = 'epoch'")
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
    assert len(contents(handoff)["exports"]) == 2


# Failures


def test_one_duty_that_fails_does_not_stop_the_others_and_the_sweep_says_which(
    handoff: Handoff, person: Person
) -> None:
    export_id = person.request_export()
    lease_to_somebody(handoff, export_id, ends_in=0)
    handoff.rows("UPDATE exports SET deadline_at = clock_timestamp() + interval '1 hour'")

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
