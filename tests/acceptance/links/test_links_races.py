"""Many requests on one link at the moment it ends, or is revoked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.acceptance.links.expected import assert_refused, assert_sent
from tests.support.clocks import DatabaseClock
from tests.support.containers import at_once, heavy
from tests.support.functions import Answer, event
from tests.support.handoff import Handoff
from tests.support.servers import Source
from tests.support.stack import wait_for

CONNECTIONS = 32
EACH = -(-heavy(1000) // CONNECTIONS)
WAITING = """SELECT count(*) AS count, clock_timestamp() AS now FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""


@pytest.mark.line("L3")
def test_of_many_requests_that_wait_for_a_lock_over_the_end_of_a_link_none_is_admitted(
    handoff: Handoff, source: Source, clock: DatabaseClock
) -> None:
    link = handoff.person().ready_export()["links"][0]
    end = datetime.fromisoformat(link["expires_at"])
    clock.stop_at(end - timedelta(microseconds=1))
    with _crowd(handoff, link, CONNECTIONS, EACH) as in_time:
        pass
    with psycopg.connect(handoff.environment["DATABASE_URL"]) as locker:
        locker.execute("SELECT FROM links FOR UPDATE")
        with _crowd(handoff, link, CONNECTIONS, EACH) as waiting:
            wait_for(lambda: _waiting(handoff, least=CONNECTIONS))
            assert _database_time(locker) < end
            clock.run(end - datetime.now(UTC))
            wait_for(lambda: _database_time(locker) > end)
            released = _database_time(locker)
            locker.commit()
    for answer in in_time.values():
        assert_sent(answer, source.body)
    for answer in waiting.values():
        assert_refused(answer, "ended")
    rows = handoff.rows("SELECT outcome::text, count(*), max(at) < %(end)s AS in_time FROM visits GROUP BY 1", end=end)
    same = CONNECTIONS * EACH
    assert {row["outcome"]: (row["count"], row["in_time"]) for row in rows} == {
        "admitted": (same, True),
        "ended": (same, False),
    }
    early = handoff.rows("SELECT FROM visits WHERE outcome = 'ended' AND at < %(released)s", released=released)
    assert early == [], "the clock was read before the lock was held"


@pytest.mark.line("L3")
def test_of_many_requests_while_a_link_ends_none_is_admitted_after_it(
    handoff: Handoff, source: Source, clock: DatabaseClock
) -> None:
    link = handoff.person().ready_export()["links"][0]
    end = datetime.fromisoformat(link["expires_at"])
    clock.stop_at(end - timedelta(seconds=1))
    with _crowd(handoff, link, CONNECTIONS, EACH) as answers:
        wait_for(lambda: _count_visits(handoff) > CONNECTIONS)
        clock.run(end - timedelta(seconds=0.02) - datetime.now(UTC))
    rows = {row["user_agent"]: row for row in handoff.rows("SELECT * FROM visits")}
    assert len(rows) == len(answers) == CONNECTIONS * EACH
    for name, answer in answers.items():
        if rows[name]["at"] < end:
            assert rows[name]["outcome"] == "admitted"
            assert_sent(answer, source.body)
        else:
            assert rows[name]["outcome"] == "ended"
            assert_refused(answer, "ended")


@pytest.mark.line("L21")
def test_of_many_requests_while_a_link_is_revoked_none_is_admitted_after_it(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    link = person.ready_export()["links"][0]
    with _crowd(handoff, link, connections=8, each=50) as answers:
        wait_for(lambda: _count_visits(handoff) > 30)
        assert person.trigger("DELETE", f"/api/links/{link['id']}").status == 204
    [revoked] = handoff.rows("SELECT revoked_at AS at FROM links")
    rows = {row["user_agent"]: row for row in handoff.rows("SELECT * FROM visits")}
    assert len(rows) == len(answers) == 400
    assert {row["outcome"] for row in rows.values()} == {"admitted", "revoked"}
    for name, answer in answers.items():
        if rows[name]["at"] < revoked["at"]:
            assert_sent(answer, source.body)
        else:
            assert_refused(answer, "revoked")
            assert rows[name]["outcome"] == "revoked"


@pytest.mark.line("L21")
def test_a_request_that_waits_for_a_revocation_is_refused(handoff: Handoff) -> None:
    link = handoff.person().ready_export()["links"][0]
    with (
        psycopg.connect(handoff.environment["DATABASE_URL"]) as revoking,
        _crowd(handoff, link, connections=1, each=1) as answers,
    ):
        revoking.execute("UPDATE links SET revoked_at = clock_timestamp()")
        wait_for(lambda: _waiting(handoff, least=1) or answers)
        assert not answers, "it did not wait"
        revoking.commit()
    assert_refused(answers["0.0"], "revoked")


@contextmanager
def _crowd(handoff: Handoff, link: dict[str, Any], connections: int, each: int) -> Iterator[dict[str, Answer]]:
    """Requests on a link, running until the end of the block; the answers are filled in, by the visitor's name."""
    containers = [handoff.load("download") for _ in range(connections)]
    path = "/download/" + link["url"].rsplit("/", 1)[1]
    answers: dict[str, Answer] = {}

    def work() -> None:
        names = [f"{number}.{turn}" for number in range(connections) for turn in range(each)]
        made = {name: event("GET", path, headers={"User-Agent": name}) for name in names}
        found = at_once(containers, lambda number: [made[f"{number}.{turn}"] for turn in range(each)])
        answers.update(zip(names, found, strict=True))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield answers
    finally:
        thread.join()


def _count_visits(handoff: Handoff) -> int:
    return int(handoff.rows("SELECT count(*) FROM visits")[0]["count"])


def _waiting(handoff: Handoff, least: int) -> dict[str, Any] | None:
    [row] = handoff.rows(WAITING)
    return row if row["count"] >= least else None


def _database_time(connection: psycopg.Connection) -> datetime:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now
