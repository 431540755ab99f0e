"""Whatever is sent as a body: refused in our own words, and nothing changes."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.functions import Answer
from tests.support.handoff import Handoff, Person
from tests.support.problems import assert_problem
from tests.support.tables import contents

KB = 1024
JSON = {"Content-Type": "application/json"}

MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "white space": b"  \n",
    "half an object": b'{"document": ',
    "a comma too many": b'{"document": "source-pdf",}',
    "single quotes": b"{'document': 'source-pdf'}",
    "two documents": b"{} {}",
    "a comment": b"{} // all",
    "NaN": b'{"parameters": {"a": NaN}}',
    "Infinity": b'{"parameters": {"a": Infinity}}',
    "-Infinity": b'{"parameters": {"a": -Infinity}}',
    "a number of 5000 digits": b'{"parameters": {"a": ' + b"1" * 5000 + b"}}",
    "deep lists": b"[" * 30_000,
    "deep lists that are closed": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"parameters":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001,
    "not UTF-8": b'{"document": "\xff\xfe"}',
    "a byte order mark of UTF-16 and no more": b"\xff\xfe",
    "a raw NUL": b'{"document": "a\0b"}',
    "a raw line end in a string": b'{"document": "a\nb"}',
    "a lone surrogate": b'{"document": "\\ud800"}',
    "a lone surrogate in a name": b'{"\\udfff": 1}',
    "a lone surrogate in a parameter's name": b'{"parameters": {"\\ud800": 1}}',
    "a lone surrogate deep down": b'{"parameters": {"a": [{"b": "x\\udc00x"}]}}',
    "a form": b"document=source-pdf",
    "a boundary": b"--x\r\nContent-Disposition: form-data\r\n\r\n{}\r\n--x--",
}

# body: the fields that are named as wrong
INVALID: dict[str, tuple[object, set[str]]] = {
    "null": (None, {"(body)"}),
    "a list": ([], {"(body)"}),
    "text": ("{}", {"(body)"}),
    "a number": (7, {"(body)"}),
    "true": (True, {"(body)"}),
    "an unknown field": ({"size": 1}, {"size"}),
    "several unknown fields": ({"owner": "x", "state": "ready", "id": "y"}, {"owner", "state", "id"}),
    "a document that is a number": ({"document": 1}, {"document"}),
    "a document that is null": ({"document": None}, {"document"}),
    "a document that is a list": ({"document": ["source-pdf"]}, {"document"}),
    "a document that is empty": ({"document": ""}, {"document"}),
    "a document that is too long": ({"document": "x" * 101}, {"document"}),
    "parameters that are a list": ({"parameters": []}, {"parameters"}),
    "parameters that are null": ({"parameters": None}, {"parameters"}),
    "parameters that are text": ({"parameters": "{}"}, {"parameters"}),
    "a parameter the document does not take": ({"parameters": {"count": 1}}, {"parameters.count"}),
    "several of them": ({"parameters": {"a": 1, "b": None}}, {"parameters.a", "parameters.b"}),
    "a parameter without a name": ({"parameters": {"": 1}}, {"parameters."}),
    "a parameter of 1e999": ({"parameters": {"a": float("1e300")}}, {"parameters.a"}),
    "everything wrong at once": ({"document": 1, "parameters": 2, "x": 3}, {"document", "parameters", "x"}),
    "a prototype": ({"__proto__": {}}, {"__proto__"}),
}

UNKNOWN_DOCUMENTS = [
    "other",
    "SOURCE-PDF",
    " source-pdf",
    "source_pdf",
    "../source-pdf",
    "source-pdf\0",
    "a\0b",
    "%s",
    "é" * 100,
    "😀",
]


@pytest.fixture(scope="module")
def person(standing: Handoff) -> Person:
    return standing.person()


def ask(person: Person, body: bytes | str, **headers: str) -> Answer:
    return person.trigger("POST", "/api/exports", body=body, headers={**JSON, **headers})


def assert_nothing_happened(handoff: Handoff) -> None:
    assert all(rows == [] for rows in contents(handoff).values())
    assert handoff.queue.published == []


@pytest.mark.line("G1")
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_body_that_is_not_json_is_400(body: bytes, person: Person, standing: Handoff) -> None:
    problem = assert_problem(ask(person, body), 400, "malformed-json")
    assert "JSON" in problem["detail"]
    assert "errors" not in problem
    assert_nothing_happened(standing)


@pytest.mark.line("G1")
@pytest.mark.parametrize(("body", "fields"), INVALID.values(), ids=INVALID)
def test_a_body_with_wrong_fields_is_422_and_each_of_them_is_named(
    body: object, fields: set[str], person: Person, standing: Handoff
) -> None:
    problem = assert_problem(ask(person, json.dumps(body)), 422, "invalid-body")
    assert {entry["field"] for entry in problem["errors"]} == fields
    assert all(5 <= len(entry["message"]) <= 200 for entry in problem["errors"])
    assert_nothing_happened(standing)


@pytest.mark.line("G1")
@pytest.mark.parametrize("document", UNKNOWN_DOCUMENTS, ids=ascii)
def test_an_unknown_document_is_422_and_the_known_ones_are_named(
    document: str, person: Person, standing: Handoff
) -> None:
    problem = assert_problem(ask(person, json.dumps({"document": document})), 422, "unknown-document")
    assert "source-pdf" in problem["detail"]
    assert_nothing_happened(standing)


@pytest.mark.line("G1")
def test_thousands_of_wrong_fields_get_an_answer_that_is_not_longer_than_the_question(
    person: Person, standing: Handoff
) -> None:
    """Else whoever sends little makes us send much."""
    body = json.dumps({f"{number:x}": 0 for number in range(6000)})
    answer = ask(person, body)
    assert_problem(answer, 422, "invalid-body")
    assert len(answer.body) <= len(body)
    assert_nothing_happened(standing)


@pytest.mark.line("G1")
@pytest.mark.parametrize("name", ["x" * 60_000, "😀" * 5_000])
def test_an_over_long_name_is_not_sent_back_whole(name: str, person: Person, standing: Handoff) -> None:
    for body in ({name: 1}, {"parameters": {name: 1}}):
        answer = ask(person, json.dumps(body))
        assert_problem(answer, 422, "invalid-body")
        assert len(answer.body) < 2000
    assert_nothing_happened(standing)


@pytest.mark.line("G1")
def test_of_two_fields_of_one_name_none_gets_past_the_check(person: Person, standing: Handoff) -> None:
    """The last one counts, as RFC 8259 lets it; what is checked is what is used."""
    assert_problem(ask(person, '{"document": "source-pdf", "document": "other"}'), 422, "unknown-document")
    assert_nothing_happened(standing)


TOO_LARGE = [
    ("POST", "/api/exports"),
    ("POST", "/api/exports/{id}/retry"),
    ("POST", "/api/exports/{id}/cancel"),
    ("POST", "/api/exports/{id}/links"),
    ("DELETE", "/api/links/{id}"),
]


@pytest.mark.line("G1")
@pytest.mark.parametrize(("method", "path"), TOO_LARGE)
def test_a_body_over_64_kb_is_413_before_anything_is_done(method: str, path: str, handoff: Handoff) -> None:
    person = handoff.person()
    export = person.ready_export()
    before = contents(handoff)
    path = path.format(id=export["links"][0]["id"] if "links/" in path else export["id"])
    for body in (b" " * (64 * KB - 1) + b"{}", ("é" * (32 * KB) + "{").encode(), b"\0" * (64 * KB + 1)):
        assert len(body) == 64 * KB + 1
        problem = assert_problem(person.trigger(method, path, body=body, headers=JSON), 413, "body-too-large")
        assert "64 KB" in problem["detail"]
    assert contents(handoff) == before


@pytest.mark.line("G1")
def test_a_body_of_exactly_64_kb_is_read(handoff: Handoff) -> None:
    body = b" " * (64 * KB - 2) + b"{}"
    assert ask(handoff.person(), body).status == 202


@pytest.mark.line("G1")
@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp",
     "json",
     "application/problem+json", "application/json/x", "text/html; application/json", "application/xml", "*/*"],
)  # fmt: skip
def test_another_content_type_is_415(content_type: str, person: Person, standing: Handoff) -> None:
    """Also what keeps a form on another site from sending requests that need no preflight."""
    headers = {"Content-Type": content_type} if content_type else {}
    answer = person.trigger("POST", "/api/exports", body=b"{}", headers=headers)
    problem = assert_problem(answer, 415, "unsupported-media-type")
    assert "application/json" in problem["detail"]
    assert_nothing_happened(standing)


@pytest.mark.line("G1")
@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;x"])
def test_json_is_json_whatever_its_parameters(content_type: str, handoff: Handoff) -> None:
    answer = handoff.person().trigger("POST", "/api/exports", body=b"{}", headers={"Content-Type": content_type})
    assert answer.status == 202


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {"document": st.text(max_size=120) | json_values},
        optional={"parameters": json_values, "document ": json_values},
    ).map(lambda value: json.dumps(value).encode()),
).filter(lambda body: not accepted(body))


def accepted(body: bytes) -> bool:
    """The bodies that are right."""
    try:
        return json.loads(body) in ({}, {"document": "source-pdf"}, {"document": "source-pdf", "parameters": {}})
    except (ValueError, RecursionError):
        return False


@pytest.mark.line("G1")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies)
def test_no_body_whatever_gets_an_error_of_ours(body: bytes, person: Person, standing: Handoff) -> None:
    answer = ask(person, body)
    assert answer.status in (400, 422)
    code = answer.json["type"].removeprefix("urn:handoff:problem:")
    assert_problem(answer, answer.status, code)
    assert code in ("malformed-json", "invalid-body", "unknown-document")
    assert standing.queue.published == []
