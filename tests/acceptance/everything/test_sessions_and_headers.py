"""Cookies that are not ours, and headers that nobody should send: refused or ignored, and never a failure."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.web.session import MAX_AGE
from tests.support.api import call
from tests.support.cookies import signed
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff, Person
from tests.support.problems import assert_problem, without_reference
from tests.support.tables import contents

ID = str(uuid4())
NEED_A_SESSION = [
    ("GET", "/api/exports"),
    ("GET", f"/api/exports/{ID}"),
    ("POST", "/api/exports"),
    ("POST", f"/api/exports/{ID}/retry"),
    ("POST", f"/api/exports/{ID}/cancel"),
    ("POST", f"/api/exports/{ID}/links"),
    ("DELETE", f"/api/links/{ID}"),
]


def with_another_letter(signature: str) -> str:
    """Not the last one, which holds bits that base64 does not use."""
    return signature[:-2] + ("A" if signature[-2] != "A" else "B") + signature[-1]


COOKIES: dict[str, list[str]] = {
    "no cookie": [],
    "an empty cookie": ["handoff-session="],
    "a name without a value": ["handoff-session"],
    "only separators": ["; ; ;"],
    "junk": ["handoff-session=junk"],
    "dots": ["handoff-session=..."],
    "another key": [f"handoff-session={signed('anonymous:x', key='x' * 40)}"],
    "another purpose": [f"handoff-session={signed('anonymous:x', salt='other')}"],
    "another name": [f"__Host-handoff-session={signed('anonymous:x')}"],
    "a name in another case": [f"Session={signed('anonymous:x')}"],
    "a letter changed": [f"handoff-session={with_another_letter(signed('anonymous:x'))}"],
    "another owner put in front": ["handoff-session=" + "Im90aGVyIg" + signed("anonymous:x")[10:]],
    "cut": [f"handoff-session={signed('anonymous:x')[:-5]}"],
    "not ASCII": ["handoff-session=ключ"],
    "a NUL": ["handoff-session=a\0b"],
    "a line end": ["handoff-session=a\r\nSet-Cookie: b=c"],
    "quotes": ['handoff-session="a'],
    "100 KB": ["handoff-session=" + "x" * 100_000],
    "ten thousand cookies": [f"c{number}=v" for number in range(10_000)],
    "compressed junk": ["handoff-session=.eJx.AAAA.BBBB"],
}


@pytest.fixture(scope="module")
def person(standing: Handoff) -> Person:
    return standing.person()


@pytest.fixture(scope="module")
def ready(person: Person) -> dict[str, Any]:
    """An export of that person's."""
    return person.ready_export()


@pytest.mark.line("G1")
@pytest.mark.parametrize("cookies", COOKIES.values(), ids=COOKIES)
def test_without_a_session_of_ours_every_route_of_a_person_is_401(cookies: list[str], standing: Handoff) -> None:
    before = contents(standing)
    for method, path in NEED_A_SESSION:
        answer = call(standing, method, path, body={}, cookies=cookies)
        problem = assert_problem(answer, 401, "no-session")
        assert "GET /api/session" in problem["detail"]
        assert answer.cookies == [], "only GET /api/session begins a session"
    assert contents(standing) == before


@pytest.mark.line("G1")
@pytest.mark.parametrize("cookies", COOKIES.values(), ids=COOKIES)
def test_a_cookie_that_is_not_ours_begins_a_session_anew(cookies: list[str], standing: Handoff) -> None:
    answer = call(standing, "GET", "/api/session", cookies=cookies)
    assert answer.status == 200
    (cookie,) = answer.cookies
    name, _, rest = cookie.partition("=")
    attributes = {part.strip().lower() for part in rest.split(";")[1:]}
    assert name == "handoff-session"
    assert {"httponly", "samesite=lax", "path=/"} <= attributes
    assert call(standing, "GET", "/api/exports", cookies=[cookie.split(";")[0]]).json["items"] == []


@pytest.mark.line("G1")
@pytest.mark.parametrize("owner", [None, 1, "", [], {}, ["anonymous:x"], {"owner": "x"}, True, 1.5], ids=repr)
def test_a_signed_owner_that_is_no_owner_is_no_failure(owner: object, standing: Handoff) -> None:
    """Only somebody with our key could make it."""
    answer = call(standing, "GET", "/api/exports", cookies=[f"handoff-session={signed(owner)}"])
    assert answer.status in (200, 401)


@pytest.mark.line("G1")
def test_a_session_ends_after_its_thirty_days(standing: Handoff) -> None:
    def answer(seconds_ago: float) -> Answer:
        cookie = f"handoff-session={signed('anonymous:x', seconds_ago=seconds_ago)}"
        return call(standing, "GET", "/api/exports", cookies=[cookie])

    lifetime = MAX_AGE.total_seconds()
    assert answer(0).status == answer(lifetime - 60).status == 200
    assert answer(-600).status == 200, "signed by a function whose clock is ahead"
    assert_problem(answer(lifetime + 60), 401, "no-session")


@pytest.mark.line("G1")
def test_off_loopback_the_cookie_is_secure_and_of_this_host_alone(standing: Handoff) -> None:
    status = standing.load("status", PUBLIC_URL="https://handoff.example")
    (cookie,) = invoke(status, event("GET", "/api/session")).cookies
    assert cookie.startswith("__Host-handoff-session=")
    assert "secure" in {part.strip().lower() for part in cookie.split(";")}
    assert "domain=" not in cookie.lower()
    answer = invoke(status, event("GET", "/api/exports", cookies=[cookie.removeprefix("__Host-").split(";")[0]]))
    assert_problem(answer, 401, "no-session")


BAD_HOSTS = [
    "a:b:c",
    "",
    " ",
    ":",
    "[::1",
    "evil.example:99999999",
    "a\0b",
    "é",
    "x" * 5000,
    "a, b",
    "[::1]:80",
    "%00",
    "😀",
]


@pytest.mark.line("G1")
@pytest.mark.parametrize("host", BAD_HOSTS, ids=lambda host: ascii(host)[:20])
def test_no_host_header_matters(host: str, person: Person, standing: Handoff) -> None:
    plain = [
        call(standing, "GET", path, cookies=person.cookies) for path in ("/api/exports/x", "/nowhere", "/download/x")
    ]
    headers = {
        "Host": host,
        "X-Forwarded-Host": host,
        "X-Forwarded-Port": host,
        "X-Forwarded-Proto": host,
        "Forwarded": host,
    }
    odd = [
        call(standing, "GET", path, cookies=person.cookies, headers=headers)
        for path in ("/api/exports/x", "/nowhere", "/download/x")
    ]
    assert [without_reference(answer) for answer in odd] == [without_reference(answer) for answer in plain]
    for function in (standing.trigger, standing.callback):
        assert invoke(function, event("POST", "/api/exports", headers=headers)).status in (401, 404)


@pytest.mark.line("G1")
@pytest.mark.parametrize("name", ["user-agent", "range", "if-range", "if-none-match", "prefer", "accept",
                                  "content-length",
                                  "transfer-encoding", "x-request-id", "x-amzn-trace-id", "te", "expect"])  # fmt: skip
@pytest.mark.parametrize("value", ["a\0b", "\r\nX-Evil: 1", "x" * 9000, "é😀", "", ",;=\"'", "1e999", "-1"], ids=ascii)
def test_no_header_value_is_a_failure_or_comes_back(
    name: str, value: str, person: Person, ready: dict[str, Any], standing: Handoff
) -> None:
    token = ready["links"][0]["url"].rsplit("/", 1)[1]
    for path in (f"/api/exports/{ready['id']}", f"/download/{token}", "/api/session", "/nowhere"):
        answer = call(standing, "GET", path, cookies=person.cookies, headers={name: value})
        assert answer.status < 500
        assert "x-evil" not in answer.headers
        assert all("\n" not in header and "\r" not in header for header in answer.headers.values())


header_text = st.text(st.characters(blacklist_categories=["Cs"]), max_size=30)


@pytest.mark.line("G1")
@settings(max_examples=100, deadline=None)
@given(
    headers=st.dictionaries(header_text.filter(str.isascii), header_text, max_size=5),
    cookies=st.lists(header_text, max_size=4),
)
def test_no_headers_whatever_get_an_error_of_ours(
    headers: dict[str, str], cookies: list[str], standing: Handoff
) -> None:
    for method, path in (
        ("GET", "/api/session"),
        ("GET", "/api/exports"),
        ("POST", "/api/exports"),
        ("GET", "/download/x"),
    ):
        assert call(standing, method, path, headers=headers, cookies=cookies).status < 500


@pytest.mark.line("G1")
def test_a_client_cannot_choose_the_reference(standing: Handoff) -> None:
    answer = call(standing, "GET", "/nowhere", headers={"X-Request-Id": "chosen", "X-Amzn-Trace-Id": "chosen"})
    assert answer.json["reference"] != "chosen"
    assert len(answer.json["reference"]) == 36
