"""The history is the same whatever the order of its events, and however often each comes."""

import itertools
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from handoff.calls.event import CallEvent, Kind
from handoff.calls.record import RecordCallEvent
from handoff.database import Database
from handoff.jobs.base import Attempt
from handoff.jobs.held import HeldMessages
from tests.support.calls import calls, ended, record, started, tell
from tests.support.containers import at_once
from tests.support.deliveries import delivery
from tests.support.handoff import Handoff

EXAMPLES = 400 if os.environ.get("HANDOFF_HEAVY") == "1" else 12
"""Each in all its orders: up to 120."""
ATTEMPT = Attempt(request_id="test", is_last=False, pause_seconds=1)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
TEXTS = st.none() | st.sampled_from(["a", "B", "é"])


@dataclass(frozen=True)
class Told:
    """What an event says; `number` is what tells it from another that says the same."""

    number: int
    kind: Kind
    minute: int
    name: str
    caller: str | None
    callee: str | None
    reason: str | None


TOLD = st.builds(
    Told,
    number=st.integers(0, 3),
    kind=st.sampled_from(Kind),
    minute=st.integers(0, 2),  # few, so that many fall together
    name=st.sampled_from(["x", "Y"]),
    caller=TEXTS,
    callee=TEXTS,
    reason=TEXTS,
)
# A carrier's id stands for one event: of two that share theirs, one is the other again.
EVENTS = st.lists(TOLD, min_size=1, max_size=4, unique_by=lambda told: told.number)


# What chance seldom finds: events of the same moment that say different things, and one that says nothing.
TWO_ENDS_AT_ONCE = [
    Told(0, Kind.ENDED, 1, "x", "a", None, "B"),
    Told(1, Kind.ENDED, 1, "x", "B", "a", "a"),
    Told(2, Kind.ENDED, 1, "x", None, "B", None),
    Told(3, Kind.ENDED, 2, "x", None, None, "A"),
]
TWO_LAST_WORDS = [
    Told(0, Kind.OTHER, 2, "Y", None, None, None),
    Told(1, Kind.STARTED, 2, "x", None, None, None),
    Told(2, Kind.STARTED, 1, "Y", None, None, None),
]


@st.composite
def with_duplicates(draw: st.DrawFn) -> list[Told]:
    """Up to five, some of them again."""
    events = draw(EVENTS)
    again = draw(st.lists(st.sampled_from(events), max_size=5 - len(events)))
    return events + again


@pytest.fixture
def job(database_url: str) -> Iterator[RecordCallEvent]:
    database = Database(database_url)
    yield RecordCallEvent(database, HeldMessages(lambda: database, grace_seconds=30))
    database.close()


def run(job: RecordCallEvent, call_id: str, told: Told) -> None:
    job.run(
        CallEvent(
            carrier="generic", event_id=f"{call_id} {told.number}", kind=told.kind, name=told.name,
            at=(NOON + timedelta(minutes=told.minute)).isoformat(), raw="{}", call_id=call_id, caller=told.caller,
            callee=told.callee, reason=told.reason,
        ),
        ATTEMPT,
    )  # fmt: skip


def expected(events: Sequence[Told]) -> dict[str, Any]:
    """What the events say together, found without regard to their order."""
    distinct = set(events)
    ends = [told for told in distinct if told.kind is Kind.ENDED]
    end = min((told.minute for told in ends), default=None)
    last = max(told.minute for told in distinct)
    return {
        "carrier": "generic",
        "caller": smallest(told.caller for told in distinct),
        "callee": smallest(told.callee for told in distinct),
        "started_at": moment(min((told.minute for told in distinct if told.kind is Kind.STARTED), default=None)),
        "ended_at": moment(end),
        "end_reason": smallest(told.reason for told in ends if told.minute == end),
        "first_event_at": moment(min(told.minute for told in distinct)),
        "last_event_at": moment(last),
        "last_event": max(told.name for told in distinct if told.minute == last),
        "events": len(distinct),
        "marked_at": None,
        "marked_by": None,
    }


def smallest(texts: Iterator[str | None]) -> str | None:
    """As bytes, which is how Postgres' "C" compares."""
    return min((text for text in texts if text is not None), key=str.encode, default=None)


def moment(minute: int | None) -> datetime | None:
    return None if minute is None else NOON + timedelta(minutes=minute)


def orders(events: Sequence[Told]) -> list[tuple[Told, ...]]:
    return sorted(set(itertools.permutations(events)), key=str)


@pytest.mark.line("E1")
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=with_duplicates())
@example(events=TWO_ENDS_AT_ONCE)
@example(events=TWO_LAST_WORDS)
def test_every_order_of_a_calls_events_gives_the_row_that_they_say_together(
    events: list[Told], job: RecordCallEvent, handoff: Handoff
) -> None:
    made = []
    for order in orders(events):
        made.append(call_id := uuid4().hex)
        for told in order:
            run(job, call_id, told)
    rows = {row.pop("call_id"): row for row in calls(handoff) if row.pop("id")}
    assert {repr(rows[call_id]) for call_id in made} == {repr(by_column(rows[made[0]], expected(events)))}


def by_column(row: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: wanted[name] for name in row}


def moments(handoff: Handoff) -> list[tuple[datetime | None, datetime | None, int]]:
    return [(row["started_at"], row["ended_at"], row["events"]) for row in calls(handoff)]


def deliver_shuffled(handoff: Handoff, order: Sequence[int]) -> None:
    for number in order:
        assert record(handoff, handoff.queue.published[number].body).status == 200


@pytest.mark.line("E2")
def test_an_end_that_comes_before_its_start_is_the_end_of_that_call(handoff: Handoff) -> None:
    start, end = started("c", timedelta(minutes=3)), ended("c", timedelta(minutes=1))
    for event in (start, end):
        assert tell(handoff, event).status == 202
    deliver_shuffled(handoff, [1])
    assert moments(handoff) == [(None, datetime.fromisoformat(end["timestamp"]), 1)]
    deliver_shuffled(handoff, [0])
    whole = (datetime.fromisoformat(start["timestamp"]), datetime.fromisoformat(end["timestamp"]), 2)
    assert moments(handoff) == [whole]


@pytest.mark.line("E2")
@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_of_two_starts_and_two_ends_the_earliest_count(order: tuple[int, ...], handoff: Handoff) -> None:
    minutes = [timedelta(minutes=minutes) for minutes in (9, 8, 2, 1)]
    events = [started("c", minutes[0]), started("c", minutes[1]), ended("c", minutes[2]), ended("c", minutes[3])]
    for event in events:
        assert tell(handoff, event).status == 202
    deliver_shuffled(handoff, order)
    first, end = (datetime.fromisoformat(events[number]["timestamp"]) for number in (0, 2))
    assert moments(handoff) == [(first, end, 4)]


@pytest.mark.line("E5")
def test_a_hundred_identical_events_at_once_are_one_row(handoff: Handoff) -> None:
    """Told a hundred times by the carrier, and delivered by ten workers at the same moment."""
    event = started("c", timedelta(minutes=3))
    for _ in range(100):
        assert tell(handoff, event, event_id="msg_the_same").status == 202
    bodies = [message.body for message in handoff.queue.published]
    assert len(bodies) == 100
    path = "/api/jobs/record_call_event"
    workers = [handoff.load("callback") for _ in range(10)]
    answers = at_once(workers, lambda number: [delivery(path, body) for body in bodies[number::10]])
    assert {answer.status for answer in answers} == {200}
    assert moments(handoff) == [(datetime.fromisoformat(event["timestamp"]), None, 1)]
    assert handoff.rows("SELECT count(*) FROM call_events") == [{"count": 1}]


@pytest.mark.line("E5")
def test_the_first_events_of_a_call_at_the_same_moment_all_count(database_url: str, handoff: Handoff) -> None:
    """Four workers, each with its own event of the same new call; a thousand calls, as the moment is short."""
    calls_made, workers = 1000, 4
    together = threading.Barrier(workers, timeout=20)

    def work(number: int) -> None:
        with closing(Database(database_url)) as database:
            job = RecordCallEvent(database, HeldMessages(lambda: database, grace_seconds=30))
            for call in range(calls_made):
                told = Told(number, Kind.STARTED, number, "x", None, None, None)
                together.wait()
                run(job, f"c{call}", told)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    assert [row["events"] for row in calls(handoff)] == [workers] * calls_made
