"""An owner has at most so many unfinished runs, however many requests come at once; a retry counts like a new one."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.support.containers import at_once, meanwhile
from tests.support.functions import event
from tests.support.handoff import Handoff, Person
from tests.support.problems import assert_problem
from tests.support.tables import contents

LIMIT = 5
AT_ONCE = 20


def unfinished(handoff: Handoff) -> int:
    return sum(export["state"] in ("queued", "running") for export in contents(handoff)["runs"])


def ended_exports(handoff: Handoff, person: Person, count: int) -> list[str]:
    made = []
    for _ in range(count):
        made.append(person.request_export())
        assert person.trigger("POST", f"/api/exports/{made[-1]}/cancel").status == 200
    return made


def test_of_twenty_requests_at_once_exactly_five_start_work(handoff: Handoff) -> None:
    person, other = handoff.person(), handoff.person()
    containers = [handoff.load("trigger") for _ in range(AT_ONCE)]
    answers = at_once(containers, lambda _: [event("POST", "/api/exports", body={}, cookies=person.cookies)])
    assert sorted(answer.status for answer in answers) == [202] * LIMIT + [429] * (AT_ONCE - LIMIT)
    for answer in answers:
        if answer.status == 429:
            assert_problem(answer, 429, "too-many-active")
            assert int(answer.headers["retry-after"]) > 0
    held = contents(handoff)
    assert len(held["runs"]) == len(held["outbox"]) == len(held["idempotency_keys"]) == LIMIT
    assert sorted(export["slot"] for export in held["runs"]) == [1, 2, 3, 4, 5]
    assert len(handoff.queue.published) == LIMIT
    assert other.request_export(), "the limit is each owner's own"


@pytest.mark.parametrize("free", [2, 0])
def test_a_request_whose_place_is_taken_under_its_eyes_takes_the_next_or_is_refused(
    free: int, handoff: Handoff
) -> None:
    """The other's insert is not committed when this one looks, and is when this one writes."""
    person = handoff.person()
    for _ in range(LIMIT - free - 1):
        person.request_export()
    owner = owner_of(handoff, person)
    sent = event("POST", "/api/exports", body={}, cookies=person.cookies)
    trigger = handoff.load("trigger")
    with psycopg.connect(handoff.environment["DATABASE_URL"]) as other, ThreadPoolExecutor() as pool:
        other.execute(
            "INSERT INTO runs"
            " (id, owner, document, job_type, slot, max_attempts, deadline_at, created_at, updated_at)"
            " VALUES (gen_random_uuid(), %s, 'source-pdf', 'produce_export', %s, 4, now() + '1 hour', now(), now())",
            [owner, LIMIT - free],
        )
        answer = pool.submit(meanwhile, trigger, sent)
        wait_until_blocked(handoff)
        other.commit()
        assert answer.result().status == (202 if free else 429)
    slots = sorted(export["slot"] for export in contents(handoff)["runs"])
    assert slots == list(range(1, LIMIT - free + (2 if free else 1)))


def owner_of(handoff: Handoff, person: Person) -> str:
    export_id = person.request_export()
    (row,) = handoff.rows("DELETE FROM runs WHERE id = %(id)s RETURNING owner", id=export_id)
    return str(row["owner"])


def wait_until_blocked(handoff: Handoff) -> None:
    """Until a statement waits for another transaction."""
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    give_up_at = time.monotonic() + 10
    while not handoff.rows(waiting):
        assert time.monotonic() < give_up_at, "nothing waits"
        time.sleep(0.01)


def test_of_twenty_retries_at_once_exactly_five_start_work(handoff: Handoff) -> None:
    person = handoff.person()
    ended = ended_exports(handoff, person, AT_ONCE)
    containers = [handoff.load("trigger") for _ in range(AT_ONCE)]

    def events(number: int) -> list[dict[str, Any]]:
        return [event("POST", f"/api/exports/{ended[number]}/retry", cookies=person.cookies)]

    answers = at_once(containers, events)
    assert sorted(answer.status for answer in answers) == [202] * LIMIT + [429] * (AT_ONCE - LIMIT)
    assert unfinished(handoff) == len(contents(handoff)["outbox"]) == LIMIT
    accepted = {ended[number] for number, answer in enumerate(answers) if answer.status == 202}
    assert accepted == {export["id"] for export in contents(handoff)["runs"] if export["state"] == "queued"}


def test_twenty_retries_of_the_same_export_at_once_are_one(handoff: Handoff) -> None:
    person = handoff.person()
    (export_id,) = ended_exports(handoff, person, 1)
    containers = [handoff.load("trigger") for _ in range(AT_ONCE)]
    sent = event("POST", f"/api/exports/{export_id}/retry", cookies=person.cookies)
    answers = at_once(containers, lambda _: [sent])
    assert sorted(answer.status for answer in answers) == [202] + [409] * (AT_ONCE - 1)
    assert [export["try"] for export in contents(handoff)["runs"]] == [2]
    assert [message.json["try"] for message in handoff.queue.published] == [1, 2]


def test_requests_and_retries_at_once_share_the_limit(handoff: Handoff) -> None:
    person = handoff.person()
    ended = ended_exports(handoff, person, AT_ONCE // 2)
    containers = [handoff.load("trigger") for _ in range(AT_ONCE)]

    def events(number: int) -> list[dict[str, Any]]:
        if number < len(ended):
            return [event("POST", f"/api/exports/{ended[number]}/retry", cookies=person.cookies)]
        return [event("POST", "/api/exports", body={}, cookies=person.cookies)]

    answers = at_once(containers, events)
    assert sorted(answer.status for answer in answers) == [202] * LIMIT + [429] * (AT_ONCE - LIMIT)
    assert unfinished(handoff) == LIMIT


@pytest.mark.parametrize("ending", ["cancel", "deliver", "give up"])
def test_a_run_that_ends_frees_its_place(ending: str, handoff: Handoff) -> None:
    person = handoff.person()
    running = [person.request_export() for _ in range(LIMIT)]
    assert_problem(person.trigger("POST", "/api/exports", body={}), 429, "too-many-active")
    if ending == "cancel":
        assert person.trigger("POST", f"/api/exports/{running[2]}/cancel").status == 200
    elif ending == "deliver":
        assert handoff.deliver(running[2]).status == 200
    else:
        assert handoff.give_up(running[2]).status == 200
    assert person.request_export() not in running
    assert_problem(person.trigger("POST", "/api/exports", body={}), 429, "too-many-active")


def test_a_retry_over_the_limit_is_429_and_changes_nothing(handoff: Handoff) -> None:
    person = handoff.person()
    (export_id,) = ended_exports(handoff, person, 1)
    for _ in range(LIMIT):
        person.request_export()
    before = contents(handoff)
    problem = assert_problem(person.trigger("POST", f"/api/exports/{export_id}/retry"), 429, "too-many-active")
    assert "unfinished" in problem["detail"]
    assert contents(handoff) == before


@pytest.mark.parametrize("state", ["queued", "running", "ready"])
def test_a_retry_of_a_run_that_did_not_end_badly_is_409(state: str, handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    if state == "ready":
        assert handoff.deliver(export_id).status == 200
    if state == "running":
        handoff.rows(
            "UPDATE runs SET state = 'running', lease_token = gen_random_uuid(), lease_expires_at = now() + '20 s'"
        )
    before = contents(handoff)
    problem = assert_problem(person.trigger("POST", f"/api/exports/{export_id}/retry"), 409, "state-forbids")
    assert state in problem["detail"]
    assert contents(handoff) == before


def test_a_retry_over_the_limit_of_a_run_that_may_not_be_retried_says_so(handoff: Handoff) -> None:
    """Waiting would not help, so 409 comes before 429."""
    person = handoff.person()
    running = [person.request_export() for _ in range(LIMIT)]
    assert_problem(person.trigger("POST", f"/api/exports/{running[0]}/retry"), 409, "state-forbids")
