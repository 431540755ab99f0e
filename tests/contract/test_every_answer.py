"""Each answer of the contract is given by the functions; and `invoke` refuses an answer that the contract has not."""

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from types import ModuleType

import pytest

from tests.contract.stories import STORIES, Scene
from tests.support.conformance import hold
from tests.support.contract import triples
from tests.support.functions import LOADED, Answer, event, invoke
from tests.support.handoff import Handoff
from tests.support.servers import Source


def test_each_documented_answer_has_a_story_and_each_story_an_answer() -> None:
    assert set(STORIES) == triples()


@pytest.mark.parametrize("triple", STORIES, ids=lambda triple: "-".join(map(str, triple)))
def test_a_documented_answer_is_given(triple: tuple[str, str, int], handoff: Handoff, source: Source) -> None:
    method, path, status = triple
    answer = STORIES[triple](Scene(handoff, source, method, path))
    assert answer.status == status, answer.body


ALWAYS = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-request-id": "r",
}
PROBLEM = {"type": "urn:handoff:problem:no-session", "title": "t", "status": 401, "detail": "d", "reference": "r"}
NOW = "2026-01-02T03:04:05.000006Z"
PAGE: dict[str, object] = {"items": [], "next_cursor": None, "server_time": NOW}
OF_A_PAGE = {"etag": '"1"', "x-server-time": NOW}


def answer(status: int, body: object, media_type: str = "application/json") -> Answer:
    return Answer(status, {**ALWAYS, "content-type": media_type}, [], json.dumps(body).encode())


def problem(**changes: object) -> Answer:
    return answer(401, {**PROBLEM, **changes}, "application/problem+json")


def page(headers: Mapping[str, str] = OF_A_PAGE, **changes: object) -> Answer:
    made = answer(200, {**PAGE, **changes})
    return replace(made, headers={**made.headers, **headers})


UNDOCUMENTED: dict[str, Answer] = {
    "a status": answer(418, {}),
    "an unknown field": page(size=1),
    "a field of another type": page(items={}),
    "a time without its fraction": page(server_time="2026-01-02T03:04:05Z"),
    "an item that is none": page(items=[{}]),
    "a header that is missing": page({"etag": '"1"'}),
    "a header that is not what it should be": page({**OF_A_PAGE, "etag": "1"}),
    "a header too many": page({**OF_A_PAGE, "server": "x"}),
    "a cookie too many": replace(page(), cookies=["a=b"]),
    "another content type": replace(page(), headers={**page().headers, "content-type": "text/plain"}),
    "no content type": replace(page(), headers={**ALWAYS, **OF_A_PAGE}),
    "a problem of another status": problem(status=400),
    "a problem of another type": problem(type="urn:handoff:problem:internal"),
    "a problem with a field too many": problem(trace="x"),
    "a 304 with a body": replace(page(), status=304),
}


def test_what_the_contract_has_is_let_through() -> None:
    for fine in (page(), problem()):
        hold("status", "GET", "/api/exports", fine)


@pytest.mark.parametrize("wrong", UNDOCUMENTED.values(), ids=UNDOCUMENTED)
def test_what_the_contract_has_not_is_refused(wrong: Answer) -> None:
    with pytest.raises(AssertionError, match="not as documented"):
        hold("status", "GET", "/api/exports", wrong)


def test_a_request_without_a_route_to_the_function_is_404_or_405_in_the_general_words() -> None:
    not_found = answer(
        404, {**PROBLEM, "type": "urn:handoff:problem:not-found", "status": 404}, "application/problem+json"
    )
    for function, method, path in (("status", "GET", "/nowhere"), ("trigger", "GET", "/api/health")):
        hold(function, method, path, not_found)
        with pytest.raises(AssertionError):
            hold(function, method, path, page())
    with pytest.raises(AssertionError):
        hold("status", "GET", "/api/health", not_found)


def test_every_answer_that_a_test_gets_is_held_to_the_contract() -> None:
    given = {"statusCode": 200, "headers": dict(page(size=1).headers), "body": page(size=1).body.decode()}
    for function, is_ours in (("status", True), ("a_tests_own", False)):
        module = ModuleType(f"{function}{LOADED if is_ours else ''}")
        module.__dict__["handler"] = lambda event, context: given
        with pytest.raises(AssertionError, match="size") if is_ours else nullcontext():
            invoke(module, event("GET", "/api/exports"))
