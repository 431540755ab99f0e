"""What is asked of the history: a page, a limit, a cursor; anything else is 400 in our own words."""

import base64
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.functions import Answer
from tests.support.handoff import Handoff, Person
from tests.support.problems import assert_problem


@pytest.fixture(scope="module")
def person(standing: Handoff) -> Person:
    """Somebody with three exports."""
    made = standing.person()
    for _ in range(3):
        made.request_export()
    return made


def history(person: Person, query: str) -> Answer:
    return person.status("/api/exports", query=query)


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode()


BAD_LIMITS = [
    "0",
    "-1",
    "101",
    "1000",
    "x",
    "",
    "1.5",
    "1e1",
    " 1",
    "1 ",
    "+1",
    "0x1",
    "null",
    "1" * 5000,
    "%D9%A1",
    "%00",
    "%ff",
    "1%00",
]

BAD_CURSORS = {
    "junk": "junk",
    "not base64": "!!!",
    "not ASCII": "%C3%A9",
    "a NUL": "%00",
    "base64 of nothing": "====",
    "base64 of no cursor": cursor("hello"),
    "no time": cursor(f" {uuid4()}"),
    "no id": cursor("2026-01-01T00:00:00Z"),
    "an id that is none": cursor("2026-01-01T00:00:00Z x"),
    "a time that is none": cursor(f"yesterday {uuid4()}"),
    "a time of another calendar": cursor(f"2026-02-30T00:00:00Z {uuid4()}"),
    "infinity": cursor(f"infinity {uuid4()}"),
    "now": cursor(f"now {uuid4()}"),
    "a quote": cursor(f"2026-01-01T00:00:00Z' OR '1'='1 {uuid4()}"),
    "not UTF-8": base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "8 KB": cursor("x" * 8000),
}

ODD_CURSORS = {
    "the first moment": cursor(f"0001-01-01T00:00:00+00:00 {uuid4()}"),
    "before the first moment": cursor(f"0001-01-01T00:00:00+23:59 {uuid4()}"),
    "the last moment": cursor(f"9999-12-31T23:59:59.999999+00:00 {uuid4()}"),
    "after the last moment": cursor(f"9999-12-31T23:59:59-23:59 {uuid4()}"),
    "a time without a zone": cursor(f"2026-01-01T00:00:00 {uuid4()}"),
    "a day": cursor(f"2026-01-01 {uuid4()}"),
}


@pytest.mark.line("G1")
@pytest.mark.parametrize("limit", BAD_LIMITS, ids=lambda limit: limit[:12])
def test_a_limit_that_is_no_number_from_1_to_100_is_400(limit: str, person: Person) -> None:
    problem = assert_problem(history(person, f"limit={limit}"), 400, "invalid-query")
    assert "limit" in problem["detail"]
    assert "1 to 100" in problem["detail"]


@pytest.mark.line("G1")
@pytest.mark.parametrize("given_cursor", BAD_CURSORS.values(), ids=BAD_CURSORS)
def test_a_cursor_that_we_did_not_give_is_400(given_cursor: str, person: Person) -> None:
    problem = assert_problem(history(person, f"cursor={given_cursor}"), 400, "invalid-query")
    assert "next_cursor" in problem["detail"]


@pytest.mark.line("G1")
@pytest.mark.parametrize("given_cursor", ODD_CURSORS.values(), ids=ODD_CURSORS)
def test_a_cursor_at_the_edge_of_time_is_no_failure(given_cursor: str, person: Person) -> None:
    assert history(person, f"cursor={given_cursor}").status in (200, 400)


@pytest.mark.line("G1")
@pytest.mark.parametrize(
    "query", ["limit=1", "limit=100", "limit=020", "", "unknown=1", "&&&", "=", "%", "%zz=%zz", "limit=3&cursor="]
)
def test_anything_else_in_a_query_is_ignored(query: str, person: Person) -> None:
    answer = history(person, query)
    assert answer.status == 200
    assert 1 <= len(answer.json["items"]) <= 3


@pytest.mark.line("G1")
def test_a_cursor_leads_through_the_whole_history_once(person: Person) -> None:
    seen: list[str] = []
    query = "limit=1"
    while True:
        page = history(person, query).json
        seen += [export["id"] for export in page["items"]]
        if page["next_cursor"] is None:
            break
        query = f"limit=1&cursor={page['next_cursor']}"
    assert seen == [export["id"] for export in history(person, "").json["items"]]
    assert len(set(seen)) == 3


@pytest.mark.line("G1")
@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=60), encode=st.booleans())
def test_no_cursor_whatever_gets_an_error_of_ours(text: str, encode: bool, person: Person) -> None:
    from urllib.parse import quote

    made = cursor(text) if encode else quote(text, errors="surrogatepass")
    assert history(person, f"cursor={made}").status in (200, 400)
