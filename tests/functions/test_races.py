"""Every two transitions of the same run, one waiting for the other: the second looked before the first committed, so
what it knows is old. Neither may fail, and exactly the queued runs have a message."""

import itertools
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from handoff.database import load_queries
from tests.support.containers import meanwhile
from tests.support.functions import Answer, event
from tests.support.handoff import Handoff
from tests.support.locks import wait_for_a_lock_to_be_waited_for

Connection = psycopg.Connection[Any]
EXPORTS, RUNS, JOBS = load_queries("exports"), load_queries("runs"), load_queries("jobs")
GENERATIONS = load_queries("generations")
OWNER = "owner"
OWN: dict[str, Any] = {"owner": OWNER, "job_type": "produce_export"}
GRACE: dict[str, Any] = {"outbox_grace_seconds": 30}
LIMITS: dict[str, Any] = {"max_active": 5, "deadline_seconds": 900, **GRACE}


class Run:
    """A run and the worker that has, or had, its lease."""

    def __init__(self) -> None:
        self.id: UUID = uuid4()
        self.lease: UUID = uuid4()


def execute(connection: Connection, query: Any, **parameters: Any) -> None:
    connection.execute(query.sql.encode(), parameters)


def request(connection: Connection, run: Run) -> None:
    execute(
        connection, EXPORTS["request_export"], ids=[run.id], generation_id=None, owner=OWNER, document="source-pdf",
        parameters="{}", job_type="produce_export", key=str(run.id), body_hash="hash", max_attempts=4, **LIMITS,
    )  # fmt: skip


def claim_as(connection: Connection, run: Run, lease: UUID, seconds: float = 30) -> None:
    execute(
        connection, JOBS["claim_run"], id=run.id, job_type="produce_export", lease_token=lease,
        file_key=f"exports/{run.id}/{lease}", lease_seconds=seconds, try_=1, attempt=None,
    )  # fmt: skip


def claim(connection: Connection, run: Run) -> None:
    claim_as(connection, run, uuid4())


def fail(connection: Connection, run: Run) -> None:
    execute(
        connection, JOBS["fail_attempt"], id=run.id, lease_token=run.lease, permanent=False, last_attempt=False, try_=1,
        outcome="source_timeout", request_id="request", message_due_seconds=30,
    )  # fmt: skip


def complete(connection: Connection, run: Run) -> None:
    execute(
        connection, JOBS["complete_run"], id=run.id, lease_token=run.lease, link_id=uuid4(), etag='"etag"',
        content_type="application/pdf", name="document.pdf", size=1, link_ttl_seconds=120,
    )  # fmt: skip


def cancel(connection: Connection, run: Run) -> None:
    execute(connection, RUNS["cancel_run"], id=run.id, **OWN)


def retry(connection: Connection, run: Run) -> None:
    execute(connection, RUNS["retry_run"], id=run.id, retry_id=uuid4(), **OWN, **LIMITS)


def give_up(connection: Connection, run: Run) -> None:
    execute(
        connection, JOBS["report_given_up"], id=run.id, job_type="produce_export", try_=1, dead_letter_id="dlq",
        request_id="request", outcome=None, attempt=None,
    )  # fmt: skip


def return_leases(connection: Connection, run: Run) -> None:
    execute(connection, JOBS["return_expired_leases"], limit=10)


def send_due(connection: Connection, run: Run) -> None:
    execute(connection, JOBS["take_due_messages"], limit=10, **GRACE)


TRANSITIONS = [claim, fail, complete, cancel, retry, give_up, return_leases, send_due]

# How a run comes to be in the state that the race begins in.
BEGINNINGS: dict[str, Callable[[Connection, Run], None]] = {
    "queued": lambda connection, run: None,
    "running": lambda connection, run: claim_as(connection, run, run.lease),
    "lease over": lambda connection, run: claim_as(connection, run, run.lease, 0),
    "canceled": cancel,
    "failed": give_up,
}


IMAGE: dict[str, Any] = {"owner": OWNER, "job_type": "generate_image"}


def request_image(connection: Connection, run: Run) -> None:
    execute(
        connection, GENERATIONS["request_generation"], ids=[run.id], generation_id=uuid4(), owner=OWNER,
        provider="openai", prompt="A fox", size="s", quality="q", job_type="generate_image", key=str(run.id),
        body_hash="hash", max_attempts=3, **LIMITS,
    )  # fmt: skip


def claim_image_as(connection: Connection, run: Run, lease: UUID, seconds: float = 30) -> None:
    execute(
        connection, JOBS["claim_run"], id=run.id, job_type="generate_image", lease_token=lease,
        file_key=f"images/{run.id}/{lease}", lease_seconds=seconds, try_=1, attempt=1,
    )  # fmt: skip


def claim_image(connection: Connection, run: Run) -> None:
    claim_image_as(connection, run, uuid4())


def mark_called(connection: Connection, run: Run) -> None:
    execute(connection, GENERATIONS["mark_called"], ids=[run.id], tries=[1], message_ids=[f"msg of {run.id}"])


def fail_call(connection: Connection, run: Run) -> None:
    execute(
        connection, GENERATIONS["report_attempt"], id=run.id, job_type="generate_image", try_=1, attempt=1,
        outcome="rate_limited", request_id="request",
    )  # fmt: skip


def end_call(connection: Connection, run: Run) -> None:
    execute(
        connection, JOBS["report_given_up"], id=run.id, job_type="generate_image", try_=1, dead_letter_id=None,
        request_id="request", outcome="rate_limited", attempt=3,
    )  # fmt: skip


def cancel_image(connection: Connection, run: Run) -> None:
    execute(connection, RUNS["cancel_run"], id=run.id, **IMAGE)


def retry_image(connection: Connection, run: Run) -> None:
    execute(connection, RUNS["retry_run"], id=run.id, retry_id=uuid4(), **IMAGE, **LIMITS)


IMAGE_TRANSITIONS = [
    claim_image, fail, complete, cancel_image, retry_image, mark_called, fail_call, end_call, return_leases, send_due,
]  # fmt: skip
IMAGE_BEGINNINGS: dict[str, Callable[[Connection, Run], None]] = {
    "queued": lambda connection, run: None,
    "called": mark_called,
    "running": lambda connection, run: claim_image_as(connection, run, run.lease),
    "lease over": lambda connection, run: claim_image_as(connection, run, run.lease, 0),
    "canceled": cancel_image,
    "failed": end_call,
}


@pytest.mark.parametrize("beginning", IMAGE_BEGINNINGS)
def test_no_two_transitions_of_an_image_at_once_break_a_rule(beginning: str, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as one, psycopg.connect(database_url, autocommit=True) as other:
        for first, second in itertools.product(IMAGE_TRANSITIONS, repeat=2):
            run = Run()
            request_image(one, run)
            IMAGE_BEGINNINGS[beginning](one, run)
            one.execute("UPDATE outbox SET publish_after = clock_timestamp()")
            race(one, other, run, first, second)
            names = f"{first.__name__}, then {second.__name__}"
            assert_rules(one, names)
            for transition in (return_leases, retry_image, claim_image, cancel_image, retry_image, cancel_image):
                transition(one, run)
            assert_rules(one, f"{names}, then the rest of its life")


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_no_two_transitions_at_once_break_a_rule(beginning: str, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as one, psycopg.connect(database_url, autocommit=True) as other:
        for first, second in itertools.product(TRANSITIONS, repeat=2):
            run = Run()
            request(one, run)
            BEGINNINGS[beginning](one, run)
            one.execute("UPDATE outbox SET publish_after = clock_timestamp()")
            race(one, other, run, first, second)
            names = f"{first.__name__}, then {second.__name__}"
            assert_rules(one, names)
            settle(one, run)
            assert_rules(one, f"{names}, then the rest of its life")


def race(one: Connection, other: Connection, run: Run, first: Any, second: Any) -> None:
    failures: list[BaseException] = []

    def wait_and_do() -> None:
        try:
            second(other, run)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=wait_and_do)
    with one.transaction():
        first(one, run)
        thread.start()
        until_it_waits_or_is_done(one, other, thread)
    thread.join()
    assert failures == [], f"{first.__name__}, then {second.__name__}"


def until_it_waits_or_is_done(one: Connection, other: Connection, thread: threading.Thread) -> None:
    deadline = time.monotonic() + 1
    while thread.is_alive() and time.monotonic() < deadline:
        waiting = one.execute(
            "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'", [other.info.backend_pid]
        )
        if waiting.rowcount:
            return
        one.execute("SELECT pg_stat_clear_snapshot()")
        time.sleep(0.002)


def assert_rules(connection: Connection, names: str) -> None:
    broken = connection.execute(
        "SELECT state FROM runs WHERE (state = 'queued') <> EXISTS (SELECT FROM outbox WHERE run_id = runs.id)"
    )
    assert broken.fetchall() == [], names


def settle(connection: Connection, run: Run) -> None:
    """Whatever state the race left, these all go on from it, and none may fail."""
    for transition in (return_leases, retry, claim, cancel, retry, cancel):
        transition(connection, run)


def test_a_retry_sent_again_after_its_answer_was_lost_leaves_a_cancel_that_came_between(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        run, retry_id = Run(), uuid4()
        request(connection, run)
        give_up(connection, run)
        retry_again = partial(
            execute,
            connection,
            RUNS["retry_run"],
            id=run.id,
            **OWN,
            retry_id=retry_id,
            **LIMITS,
        )
        retry_again()
        cancel(connection, run)
        retry_again()
        assert connection.execute("SELECT state::text, try FROM runs").fetchall() == [("canceled", 2)]


def test_a_link_asked_for_while_the_run_becomes_ready_is_given(handoff: Handoff) -> None:
    """What the statement saw of the files before it waited for the run is older than what it waited for."""
    person = handoff.person()
    run = Run()
    run.id = UUID(person.request_export())
    url = handoff.environment["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as worker, psycopg.connect(url, autocommit=True) as watcher:
        claim_as(worker, run, run.lease)
        answers: list[Answer] = []
        trigger = handoff.load("trigger")
        sent = event("POST", f"/api/exports/{run.id}/links", cookies=person.cookies)
        asking = threading.Thread(target=lambda: answers.append(meanwhile(trigger, sent)))
        with worker.transaction():
            complete(worker, run)
            asking.start()
            wait_for_a_lock_to_be_waited_for(watcher)
        asking.join()
    assert [answer.status for answer in answers] == [201]
    assert len(person.export(str(run.id))["links"]) == 2
