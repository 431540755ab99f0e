"""GET /events/failures: calls that should have ended and, for all that was told, have not."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.calls import calls, ended, started, tell_and_record
from tests.support.handoff import Handoff, Person
from tests.support.problems import assert_problem

PATH = "/events/failures"


@pytest.fixture
def insider(handoff: Handoff) -> Person:
    return handoff.signed_in("ann@corp.com")


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def listed(person: Person, query: str = "") -> tuple[list[str], int]:
    """The carrier's ids of the calls, in their order; and how many older ones there are."""
    answer = person.status(PATH, query=query)
    assert answer.status == 200, answer.body
    return [call["call_id"] for call in answer.json["items"]], answer.json["older_unresolved"]


def start_all(handoff: Handoff) -> None:
    """A call from each of these minutes ago; the one of 75 has ended."""
    tell_and_record(handoff, *(started(str(number), minutes(number)) for number in (10, 59, 61, 75, 119, 121, 500)))
    tell_and_record(handoff, ended("75", minutes(15)))


@pytest.mark.parametrize(
    ("query", "expected", "older"),
    [
        ("", ["61", "119"], 2),
        ("max_call=1h&window=2h", ["61", "119"], 2),
        ("max_call=60m&window=7200s", ["61", "119"], 2),
        ("window=3h", ["61", "119", "121"], 1),
        ("max_call=30m", ["59", "61", "119"], 2),
        ("max_call=5m&window=744h", ["10", "59", "61", "119", "121", "500"], 0),
        ("max_call=1s&window=2s", [], 6),
    ],
)
def test_it_lists_what_began_more_than_a_call_and_less_than_the_window_ago_and_counts_what_is_older(
    query: str, expected: list[str], older: int, handoff: Handoff, insider: Person
) -> None:
    start_all(handoff)
    assert listed(insider, query) == (expected, older)


def test_no_call_without_an_end_is_in_neither(handoff: Handoff, insider: Person) -> None:
    """At its bound a call is older: what is not listed because of the window is counted."""
    tell_and_record(handoff, *(started(str(number), minutes(number)) for number in range(61, 200, 3)))
    for window in ("62m", "2h", "150m", "3h"):
        found, older = listed(insider, f"limit=100&window={window}")
        assert len(found) + older == len(range(61, 200, 3))


def test_an_end_that_comes_late_takes_a_call_off_the_list(handoff: Handoff, insider: Person) -> None:
    tell_and_record(handoff, started("c", minutes(90)))
    assert listed(insider) == (["c"], 0)
    tell_and_record(handoff, ended("c", minutes(40)))
    assert listed(insider) == ([], 0)


def test_a_call_of_which_only_the_end_or_other_things_were_told_is_no_failure(
    handoff: Handoff, insider: Person
) -> None:
    rang = {"type": "call.rang", "timestamp": ended("x", minutes(90))["timestamp"], "data": {"call_id": "other"}}
    tell_and_record(handoff, ended("c", minutes(90)), rang)
    assert listed(insider) == ([], 0)
    assert {call["call_id"]: call["state"] for call in insider.status("/api/calls").json["items"]} == {
        "c": "ended",
        "other": "announced",
    }


def test_the_pages_of_a_long_list_hold_each_call_once_though_some_began_at_the_same_moment(
    handoff: Handoff, insider: Person
) -> None:
    tell_and_record(handoff, *(started(str(number), minutes(90)) for number in range(23)))
    handoff.rows("UPDATE calls SET started_at = date_trunc('hour', started_at) WHERE call_id < '15'")
    seen: list[str] = []
    query = "limit=5&max_call=1m&window=4h"
    pages = 0
    while query:
        page = insider.status(PATH, query=query).json
        seen += [call["call_id"] for call in page["items"]]
        assert page["older_unresolved"] == 0
        query = f"limit=5&max_call=1m&window=4h&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        pages += 1
    assert (sorted(seen), pages) == (sorted(str(number) for number in range(23)), 5)


@pytest.mark.parametrize(
    "given",
    ["", "1", "h", "0h", "00h", "1H", " 1h", "1h ", "-1h", "+1h", "1.5h", "1h30m", "1d", "1e1h", "١h", "745h",
     "2678401s", "99999999999h", "%00", "1%00h", "null"],
)  # fmt: skip
def test_a_duration_has_one_way_to_be_written_and_a_bound(given: str, insider: Person) -> None:
    for name in ("max_call", "window"):
        problem = assert_problem(
            insider.status(PATH, query=f"{name}={given.replace('+', '%2B')}"), 400, "invalid-query"
        )
        assert problem["detail"].startswith(f"{name} must be ")


@pytest.mark.parametrize("query", ["max_call=2h", "max_call=1h&window=60m", "window=59m", "window=1s"])
def test_a_window_that_ends_before_a_call_could_is_refused(query: str, insider: Person) -> None:
    problem = assert_problem(insider.status(PATH, query=query), 400, "invalid-query")
    assert problem["detail"] == "window must be longer than max_call: a call is suspected after max_call"


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=AAAA"])
def test_a_page_or_cursor_that_is_none_is_refused(query: str, insider: Person) -> None:
    for path in (PATH, "/api/calls"):
        assert_problem(insider.status(path, query=query), 400, "invalid-query")


# Marked as ended


def mark(person: Person, call: dict[str, Any]) -> dict[str, Any]:
    answer = person.trigger("POST", f"/api/calls/{call['id']}/end")
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def test_an_operators_word_takes_a_call_off_the_list_once_with_who_and_when(handoff: Handoff, insider: Person) -> None:
    tell_and_record(handoff, started("c", minutes(90)), started("old", minutes(300)))
    assert listed(insider) == (["c"], 1)
    (call,) = insider.status(PATH).json["items"]
    first = mark(insider, call)
    assert (first["state"], first["ended_at"], first["marked_ended"]["by"]) == ("marked_ended", None, "ann@corp.com")
    assert mark(handoff.signed_in("bob@corp.com"), call) == first, "the first word counts"
    assert listed(insider) == ([], 1)
    (old,) = insider.status(PATH, query="window=744h").json["items"]
    mark(insider, old)
    assert listed(insider) == ([], 0)


def test_the_end_that_a_carrier_tells_after_all_stands_beside_the_mark(handoff: Handoff, insider: Person) -> None:
    tell_and_record(handoff, started("c", minutes(90)))
    marked = mark(insider, insider.status(PATH).json["items"][0])
    end = ended("c", minutes(50), reason="hung up")
    tell_and_record(handoff, end)
    (call,) = insider.status("/api/calls").json["items"]
    assert (call["state"], call["end_reason"]) == ("ended", "hung up")
    assert call["marked_ended"] == marked["marked_ended"]
    (row,) = calls(handoff)
    assert row["ended_at"].isoformat() == end["timestamp"]


def test_a_call_that_has_ended_needs_no_word(handoff: Handoff, insider: Person) -> None:
    tell_and_record(handoff, started("c", minutes(90)), ended("c", minutes(80)))
    (call,) = insider.status("/api/calls").json["items"]
    assert mark(insider, call) == call


# Who may see them

SEE = [("GET", PATH), ("GET", "/api/calls"), ("GET", "/api/calls/timeline"), ("POST", "/api/calls/{id}/end")]


def ask(person: Person, method: str, path: str) -> Any:
    path = path.replace("{id}", "00000000-0000-4000-8000-000000000000")
    return person.status(path) if method == "GET" else person.trigger(method, path)


@pytest.mark.parametrize(("method", "path"), SEE)
def test_where_people_sign_in_only_they_see_calls(method: str, path: str, handoff: Handoff) -> None:
    nobody = handoff.person()
    assert_problem(ask(nobody, method, path), 401, "sign-in-needed")
    nobody.cookies = []
    assert_problem(ask(nobody, method, path), 401, "no-session")
    assert ask(handoff.signed_in("ann@corp.com"), method, path).status == (200 if method == "GET" else 404)


@pytest.mark.parametrize(("method", "path"), SEE)
def test_where_nobody_can_sign_in_anybody_sees_them(method: str, path: str, handoff: Handoff) -> None:
    handoff.environment["OIDC_ISSUER"] = ""
    assert ask(handoff.person(), method, path).status == (200 if method == "GET" else 404)


def test_whoever_is_not_signed_in_is_recorded_but_not_shown(handoff: Handoff) -> None:
    """The name of a session is a secret."""
    handoff.environment["OIDC_ISSUER"] = ""
    tell_and_record(handoff, started("c", minutes(90)))
    person = handoff.person()
    marked = mark(person, person.status(PATH).json["items"][0])
    assert marked["marked_ended"]["by"] is None
    (row,) = calls(handoff)
    assert row["marked_by"].startswith("anonymous:")
    assert row["marked_by"].encode() not in person.status("/api/calls").body


@pytest.mark.parametrize(("method", "path"), SEE[:3])
def test_without_a_call_history_there_is_nothing_to_see(method: str, path: str, handoff: Handoff) -> None:
    handoff.environment["CALL_HISTORY"] = "off"
    insider = handoff.signed_in("ann@corp.com")
    assert_problem(ask(insider, method, path), 404, "not-found")
    assert insider.status("/api/session").json["calls"] is False
