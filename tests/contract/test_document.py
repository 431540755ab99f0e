"""schema/openapi.yaml is valid, closed, readable by anything, and says what the code's own tables say."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from handoff.exports.documents import DOCUMENTS
from handoff.exports.outcomes import OUTCOMES
from handoff.generations.outcomes import OUTCOMES as OF_IMAGES
from handoff.generations.providers import PROVIDERS
from handoff.generations.providers.openai import OpenAIProvider
from handoff.generations.request import LARGEST_COUNT, LONGEST_PROMPT
from handoff.jobs.outcomes import OUTCOMES as OURS
from handoff.jobs.registry import JOB_TYPES
from handoff.web.body import MAX_BODY_BYTES
from handoff.web.problems import MAX_FIELDS, PROBLEMS, TYPE_PREFIX
from handoff.web.refusals import WORDS
from handoff.web.routes import ROUTES
from tests.support.api import call
from tests.support.contract import DOCUMENT, Operation, document, operations
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff
from tests.support.routes import routes

SCHEMAS = document()["components"]["schemas"]


def nodes(node: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every mapping in the document, with where it is."""
    if isinstance(node, dict):
        yield at, node
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in pairs:
        yield from nodes(inner, (*at, str(key)))


def test_it_is_valid_openapi() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document()).iter_errors()] == []


def test_it_needs_nothing_of_yaml_that_json_has_not() -> None:
    """Swagger UI reads YAML as JSON's schema has it: merge keys are plain names there."""
    assert not re.search(r"<<:|: [&*]\w", DOCUMENT.read_text("utf-8"))


def test_everything_in_it_is_used() -> None:
    used = {node["$ref"] for _, node in nodes(document()) if isinstance(node.get("$ref"), str)}
    kept = {f"#/components/{kind}/{name}" for kind, them in document()["components"].items() for name in them}
    schemes = {f"#/components/securitySchemes/{name}" for each in operations() for name in each.security}
    # No operation's: tests/support/conformance.py holds to them what no path of the document has, and what any may say.
    of_none = {f"#/components/responses/{name}" for name in ("MethodNotAllowed", "DirectRequest")}
    assert kept == used | schemes | of_none


def test_what_is_answered_has_no_other_fields_than_those_that_are_named() -> None:
    closed = {"additionalProperties", "unevaluatedProperties"}
    parts = {"RunFields", "ExportFields", "GenerationFields", "LinkFields"}  # closed where they are used
    # The queue's and carriers' own words: they may say more.
    sent = {"Report", "AnswerReport", "StartOrEnd", "OtherEvent", "TwilioStatus"}
    for name, schema in SCHEMAS.items():
        for at, node in nodes(schema, (name,)):
            if "properties" in node and "type" in node and at[-1] != "properties" and name not in parts | sent:
                assert any(node.get(word) is False for word in closed), at


# Routes


def test_it_has_the_routes_of_the_template_and_no_other() -> None:
    routed = {(method, path) for method, path, _ in routes() if path != "$default"}
    # The download takes any method to say itself which it has.
    assert ("ANY", "/download/{token}") in routed
    routed = routed - {("ANY", "/download/{token}")} | {("GET", "/download/{token}"), ("HEAD", "/download/{token}")}
    assert {(each.method, each.path) for each in operations()} == routed


def test_it_has_the_methods_that_a_405_names() -> None:
    """HEAD is wherever GET is; it is described where it has a meaning of its own."""
    declared = {(method, path) for path, methods in ROUTES.items() for method in methods}
    assert {(each.method, each.path) for each in operations() if each.method != "HEAD"} == declared


SAMPLE = {
    "id": "00000000-0000-4000-8000-000000000000",
    "token": "guess",
    "type": "produce_export",
    "carrier": "twilio",
    "provider": "openai",
}
ASKS_FOR = {"no-session": {"session"}, "unsigned-delivery": {"qstash"}, "invalid-token": {"id_token"}}
SIGNED_BY = {"/events": {"standard_webhooks"}, "/events/{carrier}": {"twilio"}}


@pytest.mark.parametrize("operation", operations(), ids=lambda each: f"{each.method}-{each.path}")
def test_it_asks_for_the_session_or_the_signature_that_the_function_asks_for(
    operation: Operation, handoff: Handoff
) -> None:
    path = operation.path.format(**SAMPLE)
    asked: set[str] = set()
    for cookies in ([], handoff.person().cookies):  # whoever is asked for a session may be asked for more then
        answer = call(handoff, operation.method, path, cookies=cookies)
        code = answer.json["type"].removeprefix(TYPE_PREFIX) if answer.status == 401 else ""
        asked |= SIGNED_BY[operation.path] if code == "unsigned-event" else ASKS_FOR.get(code, set())
    assert operation.security == asked


def test_the_cookie_and_the_signature_have_their_names(handoff: Handoff) -> None:
    schemes = document()["components"]["securitySchemes"]
    (cookie,) = call(handoff, "GET", "/api/session").cookies
    assert cookie.partition("=")[0] == schemes["session"]["name"]
    secure = handoff.load("status", PUBLIC_URL="https://handoff.example")
    (cookie,) = invoke(secure, event("GET", "/api/session")).cookies
    assert f"`{cookie.partition('=')[0]}`" in schemes["session"]["description"]
    assert schemes["qstash"]["name"] == "Upstash-Signature"


# Tables

LINKS = {"unknown": 404, "ended": 410, "revoked": 410, "removed": 410, "range": 416, "failed": 502, "unavailable": 503}


def test_every_type_of_problem_is_in_it_with_the_statuses_it_comes_with() -> None:
    documented: dict[str, set[int]] = defaultdict(set)
    for _, response in nodes(document()["components"]["responses"]):
        body = response.get("content", {}).get("application/problem+json") if "description" in response else None
        if body:
            narrowed = body["schema"]["allOf"][1]["properties"]
            for kind in narrowed["type"].get("enum") or [narrowed["type"]["const"]]:
                documented[kind.removeprefix(TYPE_PREFIX)].add(narrowed["status"]["const"])
    expected = {problem.code: {problem.status} for problem in PROBLEMS.values()}
    expected["attempt-failed"] |= {489}  # where another attempt cannot help
    expected |= {"internal": {500}, "method-not-allowed": {405}}
    assert set(LINKS) == set(WORDS)
    assert documented == {**expected, **{f"link-{name}": {status} for name, status in LINKS.items()}}
    kinds = [*SCHEMAS["Problem"]["properties"]["type"]["enum"], *SCHEMAS["LinkProblem"]["properties"]["type"]["enum"]]
    assert sorted(kinds) == sorted(TYPE_PREFIX + code for code in documented)


def test_every_problem_is_narrowed_to_the_types_that_the_answer_has() -> None:
    for at, node in nodes(document()):
        if at[-1:] == ("application/problem+json",):
            base, narrowed = node["schema"]["allOf"]
            assert base["$ref"].endswith("Problem")
            assert set(narrowed["properties"]) == {"type", "status"}


def test_the_problem_of_a_run_is_one_of_the_outcomes() -> None:
    assert SCHEMAS["ExportProblem"]["properties"]["code"]["enum"] == [*OUTCOMES, *OURS]
    assert SCHEMAS["ImageProblem"]["properties"]["code"]["enum"] == [*OF_IMAGES, *OURS]


def test_what_can_be_asked_for_is_what_there_is() -> None:
    # A deployment's own document need not be written into the contract before it works.
    assert set(SCHEMAS["ExportRequest"]["properties"]["document"]["enum"]) <= set(DOCUMENTS)
    job = document()["components"]["parameters"]["JobType"]
    assert job["schema"]["enum"] == list(JOB_TYPES)
    asked = SCHEMAS["GenerationRequest"]["properties"]
    assert (asked["size"]["enum"], asked["quality"]["enum"]) == (
        list(OpenAIProvider.sizes),
        list(OpenAIProvider.qualities),
    )
    assert asked["size"]["default"] == OpenAIProvider.sizes[0]
    assert asked["quality"]["default"] == OpenAIProvider.qualities[0]
    assert (asked["count"]["maximum"], asked["prompt"]["maxLength"]) == (LARGEST_COUNT, LONGEST_PROMPT)
    assert document()["components"]["parameters"]["ImageProvider"]["schema"]["enum"] == list(PROVIDERS)


def test_limits_are_those_of_the_code() -> None:
    assert SCHEMAS["Problem"]["properties"]["errors"]["maxItems"] == MAX_FIELDS
    assert f"{MAX_BODY_BYTES // 1024} KB" in document()["components"]["responses"]["TooLarge"]["description"]
