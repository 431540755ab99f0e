"""Holds answers to the contract. Every answer that a test gets from a web function comes by here, thousands of times in
some tests: so the schemas are compiled, each when it is first needed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from jsonschema_rs import Draft202012Validator

from tests.support.contract import Operation, document, follow, operations
from tests.support.routes import function_of

# The transport's: a body has them, whatever the contract says of headers.
OF_A_BODY = {"content-type", "content-length"}
DIRECT = b'"urn:handoff:problem:direct-request"'
"""Said by any route whatever its contract, of a deployment that was not asked at the page's address."""


class Answered(Protocol):
    """An answer, as API Gateway would send it on."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def cookies(self) -> list[str]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def json(self) -> Any: ...


@dataclass(frozen=True)
class Rule:
    """What one documented response must be."""

    headers: Mapping[str, tuple[Draft202012Validator, bool]]
    """By lower-case name; and whether the value is a number."""
    required: frozenset[str]
    bodies: Mapping[str, Draft202012Validator]
    """By media type."""


def hold(function: str, method: str, path: str, answer: Answered) -> None:
    """Fails unless this is an answer that the contract has to that request, which went to that function."""
    __tracebackhide__ = True
    complaints = list(_complaints(_routed(function, method, path), method, answer))
    assert not complaints, f"{method} {path} answered {answer.status}, not as documented: {'; '.join(complaints)}"


def _complaints(operation: Operation | None, method: str, answer: Answered) -> Iterator[str]:
    rule = _anywhere("DirectRequest") if DIRECT in answer.body else _rule(operation, answer.status)
    if rule is None:
        yield "there is no such status"
        return
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if answer.cookies:
        headers["set-cookie"] = "\n".join(answer.cookies)
    yield from (f"no header {name}" for name in rule.required - headers.keys())
    for name, value in headers.items():
        if name in rule.headers:
            validator, is_number = rule.headers[name]
            yield from _errors(name, validator, int(value) if is_number and value.isdecimal() else value)
        elif name not in OF_A_BODY:
            yield f"a header {name}"
    content_type = headers.get("content-type", "").partition(";")[0]
    if method == "HEAD":
        rule = _rule(_operation("GET", operation.path) if operation else None, answer.status) or rule
    if content_type not in (rule.bodies or ("",)):
        yield f"the content type {content_type!r}"
    elif method != "HEAD" and content_type.endswith("json"):
        yield from _errors("the body", rule.bodies[content_type], answer.json)
    elif not rule.bodies and answer.body:
        yield "a body"


def _errors(where: str, validator: Draft202012Validator, instance: object) -> Iterator[str]:
    if not validator.is_valid(instance):
        yield from (f"{where} {error.instance_path}: {error.message}" for error in validator.iter_errors(instance))


def _routed(function: str, method: str, path: str) -> Operation | None:
    """None where no route leads from such a request to this function."""
    if function == "download" and path.startswith("/download/"):
        path = "/download/guess"  # whatever is behind it
    operation = _operation(method, path)
    return operation if operation and function_of(operation.method, operation.path) == function else None


def _operation(method: str, path: str) -> Operation | None:
    """HEAD is wherever GET is, documented or not."""
    for wanted in ("HEAD", "GET") if method == "HEAD" else (method,):
        for operation in operations():
            if operation.method == wanted and operation.pattern.fullmatch(path):
                return operation
    return None


@cache
def _rule(operation: Operation | None, status: int) -> Rule | None:
    responses = operation.responses if operation else _anywhere_else()
    return _compiled(responses[status]) if status in responses else None


@cache
def _anywhere(name: str) -> Rule:
    return _compiled(document()["components"]["responses"][name])


def _anywhere_else() -> dict[int, Mapping[str, Any]]:
    """What any function says to what it has no route for."""
    known = document()["components"]["responses"]
    return {404: known["NotFound"], 405: known["MethodNotAllowed"]}


def _compiled(response: Mapping[str, Any]) -> Rule:
    declared = {name.lower(): follow(header) for name, header in response.get("headers", {}).items()}
    return Rule(
        headers={
            name: (_validator(header["schema"]), follow(header["schema"]).get("type") == "integer")
            for name, header in declared.items()
        },
        required=frozenset(name for name, header in declared.items() if header.get("required")),
        bodies={media_type: _validator(body["schema"]) for media_type, body in response.get("content", {}).items()},
    )


def _validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """`components` stands beside it for its references."""
    return Draft202012Validator({**schema, "components": document()["components"]}, validate_formats=True)
