"""GET /api/calls and its timeline; and how long calls are kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.functions.sweep.moves import NOTHING
from tests.support.calls import ended, started, tell_and_record
from tests.support.handoff import Handoff, Person
from tests.support.tables import contents


@pytest.fixture
def insider(handoff: Handoff) -> Person:
    return handoff.signed_in("ann@corp.com")


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_a_call_is_shown_with_all_that_was_told_of_it(handoff: Handoff, insider: Person) -> None:
    start, end = started("c-17", minutes(9), to="+2", **{"from": "+1"}), ended("c-17", minutes(2), reason="busy")
    tell_and_record(handoff, start, end)
    (call,) = insider.status("/api/calls").json["items"]
    shown = {name: value for name, value in call.items() if name not in ("id", "created_at")}
    assert shown == {
        "carrier": "generic", "call_id": "c-17", "from": "+1", "to": "+2", "state": "ended",
        "started_at": z(start["timestamp"]), "ended_at": z(end["timestamp"]), "end_reason": "busy",
        "last_event": {"name": "call.ended", "at": z(end["timestamp"])}, "events": 2, "marked_ended": None,
    }  # fmt: skip


def z(moment: str) -> str:
    return moment.replace("+00:00", "Z")


def test_calls_come_newest_first_page_by_page(handoff: Handoff, insider: Person) -> None:
    tell_and_record(handoff, *(started(str(number), minutes(number)) for number in (3, 1, 5, 2, 4)))
    first = insider.status("/api/calls", query="limit=3").json
    second = insider.status("/api/calls", query=f"limit=3&cursor={first['next_cursor']}").json
    assert [call["call_id"] for call in first["items"] + second["items"]] == ["1", "2", "3", "4", "5"]
    assert second["next_cursor"] is None


def test_a_page_that_one_has_is_not_sent_again_until_something_is_told(handoff: Handoff, insider: Person) -> None:
    tell_and_record(handoff, started("c", minutes(90)))
    for path in ("/api/calls", "/events/failures"):
        etag = insider.status(path).headers["etag"]
        assert insider.status(path, headers={"If-None-Match": etag}).status == 304
    tell_and_record(handoff, started("another", minutes(80)))
    for path in ("/api/calls", "/events/failures"):
        assert insider.status(path, headers={"If-None-Match": etag}).status == 200


def counts(timeline: dict[str, Any], what: str) -> dict[int, int]:
    return {number: step[what] for number, step in enumerate(timeline["steps"]) if step[what]}


def test_the_timeline_counts_each_call_where_it_started_ended_and_is_missing(handoff: Handoff, insider: Person) -> None:
    ago = {"a": 117.5, "b": 117.5, "c": 62.5, "d": 56, "e": 1, "too old": 121}
    tell_and_record(handoff, *(started(name, minutes(number)) for name, number in ago.items()))
    tell_and_record(handoff, ended("b", minutes(112.5)), ended("e", minutes(0.5)))
    timeline = insider.status("/api/calls/timeline").json
    assert len(timeline["steps"]) == 24
    assert counts(timeline, "started") == {0: 2, 11: 1, 12: 1, 23: 1}
    assert counts(timeline, "ended") == {1: 1, 23: 1}
    assert counts(timeline, "missing") == {0: 1, 11: 1}
    ends = [datetime.fromisoformat(step["to"]) for step in timeline["steps"]]
    begins = [datetime.fromisoformat(step["from"]) for step in timeline["steps"]]
    assert begins[1:] == ends[:-1]
    assert {end - begin for begin, end in zip(begins, ends, strict=True)} == {minutes(5)}
    assert timeline["steps"][-1]["to"] == timeline["server_time"]
    half = insider.status("/api/calls/timeline", query="window=1h&max_call=30m").json
    assert (counts(half, "started"), counts(half, "missing")) == ({1: 1, 23: 1}, {1: 1})


# How long they are kept


def age(handoff: Handoff, table: str, days: float) -> None:
    handoff.rows(f"UPDATE {table} SET created_at = created_at - make_interval(secs => {days * 86_400})")


def test_the_body_of_an_event_goes_before_the_event_which_still_counts_once(handoff: Handoff, insider: Person) -> None:
    event = started("c", minutes(9))
    tell_and_record(handoff, event)
    age(handoff, "call_events", 29.9)
    assert handoff.sweep() == NOTHING
    age(handoff, "call_events", 0.2)
    assert handoff.sweep() == {**NOTHING, "delete old raw events": 1}
    (row,) = contents(handoff)["call_events"]
    assert row["raw"] is None
    assert row["deleted_at"] is not None
    assert handoff.sweep() == NOTHING
    (call,) = insider.status("/api/calls").json["items"]
    assert call["started_at"] == z(event["timestamp"])


def test_a_call_goes_with_all_its_events_and_what_is_of_no_call_goes_too(handoff: Handoff) -> None:
    tell_and_record(handoff, started("old", minutes(9)), ended("old", minutes(8)), {"type": "hello"})
    for table in ("calls", "call_events"):
        age(handoff, table, 90)
    tell_and_record(handoff, started("young", minutes(9)), {"type": "hello"})
    done = handoff.sweep()
    assert done == {**NOTHING, "delete old raw events": 3, "delete old calls": 2}
    held = contents(handoff)
    assert [call["call_id"] for call in held["calls"]] == ["young"]
    assert sorted(str(event["call_id"]) for event in held["call_events"]) == ["None", "young"]


def test_one_sweep_goes_on_until_all_that_is_old_has_gone(handoff: Handoff) -> None:
    handoff.rows(
        "INSERT INTO calls (id, carrier, call_id, first_event_at, last_event_at, last_event, events, created_at,"
        " updated_at) SELECT gen_random_uuid(), 'generic', n::text, 'epoch', 'epoch', 'x', 1, 'epoch', 'epoch'"
        " FROM generate_series(1, 2500) AS n"
    )
    assert handoff.sweep() == {**NOTHING, "delete old calls": 2500}
