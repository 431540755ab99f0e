"""Wrong methods and wrong paths, sent through the routes that the template has."""

import re
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.web.routes import ROUTES, allowed_methods
from tests.support.api import call
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff
from tests.support.problems import assert_problem, without_reference
from tests.support.routes import routes
from tests.support.tables import contents

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY", "get")


def with_head(method: str) -> str:
    """Who answers GET may answer HEAD (RFC 9110 section 9.1)."""
    return "GET" if method == "HEAD" else method


def concrete(path: str) -> str:
    return re.sub(r"\{\w+\}", str(uuid4()), path)


def allowed(answer: Answer) -> set[str]:
    return {method.strip() for method in answer.headers["allow"].split(",")}


@pytest.mark.line("G1")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for path, has in ROUTES.items()
        for method in METHODS
        if method not in has and with_head(method) not in has
    ],
)
def test_a_method_that_a_path_does_not_have_is_405_with_the_ones_it_has(
    method: str, path: str, standing: Handoff
) -> None:
    before = contents(standing)
    person = standing.signed_in()
    answer = call(standing, method, concrete(path), body={}, cookies=person.cookies)
    problem = assert_problem(answer, 405, "method-not-allowed")
    assert allowed(answer) == set(allowed_methods(concrete(path))) >= set(ROUTES[path])
    assert all(name in problem["detail"] for name in allowed(answer))
    assert contents(standing) == before


@pytest.mark.line("G1")
@pytest.mark.parametrize("path", [path for path, has in ROUTES.items() if "GET" in has and not path.startswith("/d")])
def test_head_is_answered_wherever_get_is(path: str, standing: Handoff) -> None:
    person = standing.signed_in(subject=path)  # each with all the places for unfinished runs
    made = person.request_images() if "generations" in path else {"id": person.request_export()}
    path = path.replace("{id}", made["id"])
    head, get = (call(standing, method, path, cookies=person.cookies) for method in ("HEAD", "GET"))
    assert (head.status, set(head.headers)) == (200, set(get.headers)) == (get.status, set(head.headers))


@pytest.mark.line("G1")
@pytest.mark.parametrize(
    ("method", "path", "function"),
    [(method, path, function) for method, path, function in routes() if function != "status" and path != "$default"],
)
def test_each_functions_own_405_names_the_methods_too(method: str, path: str, function: str, standing: Handoff) -> None:
    """Reached when a function is called otherwise than through the API's routes."""
    module = getattr(standing, function)
    answer = invoke(module, event("PATCH", concrete(path)))
    assert_problem(answer, 405, "method-not-allowed")
    assert allowed(answer) == set(allowed_methods(concrete(path)))
    assert method in {*allowed(answer), "ANY"}


@pytest.mark.line("G1")
@pytest.mark.parametrize(
    ("method", "path", "function"), [(method, path, function) for method, path, function in routes() if "/" in path]
)
def test_a_path_with_a_slash_at_its_end_is_another_path_to_every_function(
    method: str, path: str, function: str, standing: Handoff
) -> None:
    """A redirect would name a host that the request made up."""
    sent = event("GET" if method == "ANY" else method, concrete(path) + "/", headers={"Host": "evil.example"})
    answer = invoke(getattr(standing, function), sent)
    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "location" not in answer.headers


NOWHERE = [
    "/", "//", "/api", "/api/", "/api/export", "/api/exports/", "/api/exports//", "/API/exports", "/api/exports/x/y",
    "/api/exports/x/retry/", "/api/links", "/api/links/", "/api/jobs", "/api/jobs/", "/api/health/", "/api/session/",
    "/events/", "/events/x/y", "/api/calls/", "/api/calls/x/end/",
    "/download", "/download/", "/download/a/b", "/docs", "/redoc", "/openapi.json", "/favicon.ico", "/.env",
    "/api/../x",
    "/api/exports%2F", "/api/%65xports/", "/%", "/%zz", "/%00", "/%ff%fe", "/a\0b", "/\u202e", "/" + "a" * 5000,
    "/api/exports;x=1", "//evil.example/api", "/http://evil.example", "/\\evil.example", "/api/exports?x",
]  # fmt: skip


@pytest.mark.line("G1")
@pytest.mark.parametrize("path", NOWHERE, ids=lambda path: ascii(path)[:30])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_what_is_not_there_is_404_and_never_a_redirect(method: str, path: str, standing: Handoff) -> None:
    answer = call(standing, method, path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert_problem(answer, 404, "not-found")
    assert "location" not in answer.headers
    assert b"evil" not in answer.body


BAD_IDS = [
    "x", "1", "0", "-1", "null", "undefined", "latest", "00000000-0000-0000-0000-00000000000",
    "00000000000000000000000000000000", "{00000000-0000-4000-8000-000000000000}",
    "urn:uuid:00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-00000000000G",
    "A0000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000 ",
    "%3000000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000%00", "%", "%zz", "%ff", "a%00b",
    "..",
    "٠٠٠٠٠٠٠٠-0000-4000-8000-000000000000", "' OR 1=1 --", "$(id)", "x" * 4000, "\ufffd", "é",
]  # fmt: skip

# What the queue calls is looked at once its signature has held; see tests/generations/test_answers.py.
WITH_IDS = [(method, path) for method, path, _ in routes() if "{id}" in path and "{provider}" not in path]


@pytest.mark.line("G1")
@pytest.mark.parametrize("given_id", BAD_IDS, ids=lambda given_id: ascii(given_id)[:30])
@pytest.mark.parametrize(("method", "path"), WITH_IDS)
def test_an_id_that_is_none_of_ours_is_404(method: str, path: str, given_id: str, standing: Handoff) -> None:
    cookies = standing.signed_in().cookies
    if (path, given_id) == ("/api/generations/{id}", "latest"):
        given_id = "Latest"  # the other is a path of its own
    answer = call(standing, method, path.replace("{id}", given_id), cookies=cookies)
    missing = call(standing, method, concrete(path), cookies=cookies)
    assert_problem(answer, 404, "not-found")
    assert without_reference(answer) == without_reference(missing)


@pytest.mark.line("G1")
@settings(max_examples=200, deadline=None)
@given(
    method=st.sampled_from(METHODS),
    path=st.text(st.characters(blacklist_categories=["Cs"]), max_size=60).map(lambda text: "/" + text)
    | st.lists(st.sampled_from(["api", "exports", "links", "jobs", "download", "..", "%2e", "", "x"]), max_size=6).map(
        lambda parts: "/" + "/".join(parts)
    ),
    query=st.text(st.characters(blacklist_categories=["Cs"]), max_size=40),
)
def test_no_path_whatever_gets_an_error_of_ours(method: str, path: str, query: str, standing: Handoff) -> None:
    answer = call(standing, method, path, query=query)
    assert answer.status < 500
    assert answer.status in (200, 400, 401, 404, 405, 413, 415), "nothing else without a session"
    if answer.status >= 400 and function_is_not_download(path):
        assert answer.headers["content-type"] == "application/problem+json"


def function_is_not_download(path: str) -> bool:
    return not path.startswith("/download/")


@pytest.mark.line("G1")
def test_an_id_has_one_spelling(standing: Handoff) -> None:
    person = standing.person()
    found = person.request_export()
    assert person.status(f"/api/exports/{found}").status == 200
    for other in (found.upper(), found.replace("-", ""), f"{{{found}}}", f"urn:uuid:{found}", f" {found}"):
        if other != found:
            assert person.status(f"/api/exports/{other}").status == 404, other
