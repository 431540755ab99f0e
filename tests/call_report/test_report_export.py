"""A call report through the very export that every document takes, from the database to the link."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from handoff.exports.documents import call_report
from handoff.exports.outcomes import words
from tests.call_report.reading import Pages, Tags
from tests.support.handoff import Handoff, Person
from tests.support.postgres_proxy import PostgresProxy

FROM, TO = datetime(2026, 6, 14, 10, tzinfo=UTC), datetime(2026, 6, 14, 12, tzinfo=UTC)
PERIOD = {"from": FROM.isoformat(), "to": TO.isoformat()}
TOLD = """
    INSERT INTO calls (
        id, carrier, call_id, started_at, ended_at, marked_at, marked_by, first_event_at, last_event_at, last_event,
        events, created_at, updated_at
    ) VALUES (
        gen_random_uuid(), 'twilio', %(name)s, %(started_at)s::timestamptz, %(ended_at)s::timestamptz,
        %(marked_at)s::timestamptz, %(marked_by)s, now(), now(), 'completed', 1, now(), now()
    )
"""
MANY = """
    INSERT INTO calls (
        id, carrier, call_id, started_at, first_event_at, last_event_at, last_event, events, created_at, updated_at
    )
    SELECT gen_random_uuid(), 'twilio', number::text, %(at)s::timestamptz, now(), now(), 'in-progress', 1, now(), now()
    FROM generate_series(1, %(count)s::int) AS number
"""


def tell(
    handoff: Handoff, name: str, started_at: datetime | None, ended_at: datetime | None = None, **marked: Any
) -> None:
    """A call as it stands once its events are in."""
    rest = {"marked_at": None, "marked_by": None, **marked}
    handoff.rows(TOLD, name=name, started_at=started_at, ended_at=ended_at, **rest)


def ask(person: Person, **parameters: Any) -> str:
    answer = person.trigger("POST", "/api/exports", body={"document": "call-report", "parameters": parameters})
    assert answer.status == 202, answer.body
    return str(answer.json["id"])


def fetched(handoff: Handoff, person: Person, export_id: str) -> bytes:
    assert handoff.deliver(export_id).status == 200
    visited = handoff.visit(person.export(export_id)["links"][0]["url"])
    assert (visited.status, visited.headers["content-type"]) == (200, "application/pdf")
    return visited.body


def test_the_calls_of_a_period_become_a_file_behind_a_link(handoff: Handoff) -> None:
    minute = timedelta(minutes=1)
    tell(handoff, "at the beginning", FROM, FROM + minute)
    tell(handoff, "at the very end", TO - minute, TO + minute)
    tell(handoff, "before", FROM - minute, FROM + minute)
    tell(handoff, "after", TO, TO + minute)
    tell(handoff, "never ended", FROM + minute)
    tell(handoff, "marked", FROM + 2 * minute, marked_at=TO, marked_by="ada@corp.com")
    tell(handoff, "by somebody", FROM + 3 * minute, marked_at=TO, marked_by="anonymous:0b7e")
    tell(handoff, "never started", None, FROM + 4 * minute)
    tell(handoff, "older and never ended", FROM - minute)
    person = handoff.signed_in()
    export_id = ask(person, **PERIOD, time_zone="Europe/Berlin")
    content = fetched(handoff, person, export_id)
    assert person.export(export_id)["file"]["name"] == "call-report-2026-06-14.pdf"
    missing, others = Tags(content).tables()
    assert [row[:2] for row in missing[1:]] == [["twilio never ended", "12:01:00"]]
    assert others[1:] == [
        ["twilio at the beginning", "12:00:00", "12:01:00", "lasted 1:00"],
        ["twilio marked", "12:02:00", "–", "marked as ended by ada@corp.com, 14:00:00"],
        ["twilio by somebody", "12:03:00", "–", "marked as ended, 14:00:00"],
        ["twilio never started", "–", "12:04:00", "start not told"],
        ["twilio at the very end", "13:59:00", "14:01:00", "lasted 2:00"],
    ]
    first, *_ = Pages(content).texts
    assert "14 June 2026, 12:00 to 14:00" in first
    assert "from before this period and not shown here: 1 call." in first


def test_a_window_ends_at_the_databases_own_now(handoff: Handoff) -> None:
    (now,) = handoff.rows("SELECT clock_timestamp() AS at")
    tell(handoff, "within", now["at"] - timedelta(minutes=50), now["at"] - timedelta(minutes=49))
    tell(handoff, "without", now["at"] - timedelta(minutes=70), now["at"] - timedelta(minutes=69))
    person = handoff.signed_in()
    (table,) = Tags(fetched(handoff, person, ask(person, window="1h"))).tables()
    assert [row[0] for row in table[1:]] == ["twilio within"]


def test_counts_and_table_are_of_one_read(proxied: Handoff, proxy: PostgresProxy) -> None:
    person = proxied.signed_in()
    export_id = ask(person, **PERIOD)
    proxied.deliver(ask(person, **PERIOD))  # the connection is open, and everything is imported
    proxy.round_trips.clear()
    assert proxied.deliver(export_id).status == 200
    assert proxy.round_trips == ["claim_run", "read_period", "complete_run"]


@pytest.mark.parametrize(("count", "status"), [(3, 200), (4, 489)])
def test_more_calls_than_a_report_can_show_end_it_at_once(handoff: Handoff, count: int, status: int) -> None:
    handoff.rows(MANY, at=FROM, count=count)
    person = handoff.signed_in()
    export_id = ask(person, **PERIOD)
    with patch.object(call_report, "MOST_CALLS", 3):
        assert handoff.deliver(export_id).status == status
    export = person.export(export_id)
    problem = (export["problem"] or {}).get("code")
    assert (export["state"], problem) == (("ready", None) if status == 200 else ("failed", "too_many_calls"))


@pytest.mark.parametrize("outcome", ["too_many_calls", "typeset_timeout", "typeset_too_large"])
def test_a_report_that_is_too_much_says_what_to_narrow(outcome: str) -> None:
    assert "Ask for a shorter" in words(outcome)
    assert f"more than {call_report.MOST_CALLS:,} calls" in words("too_many_calls")


def test_what_may_no_longer_be_asked_ends_by_name(handoff: Handoff) -> None:
    person = handoff.signed_in()
    export_id = ask(person, **PERIOD)
    handoff.rows("""UPDATE runs SET parameters = '{"time_zone": "Europe/Atlantis"}'""")
    assert handoff.deliver(export_id).status == 489
    assert person.export(export_id)["problem"]["code"] == "parameters_refused"
