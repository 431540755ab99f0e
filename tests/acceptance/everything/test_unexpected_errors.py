"""A bug of ours is answered in our own words too, with the reference under which it was recorded, and nothing else."""

import logging
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from handoff.errors import HandoffError
from handoff.telemetry import logger
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff
from tests.support.problems import assert_problem

CANARY = "a-secret-in-an-error"


@pytest.fixture
def broken(handoff: Handoff) -> Handoff:
    """As if a migration had gone wrong; the server's message quotes the name."""
    handoff.rows(f'ALTER TABLE runs RENAME TO "{CANARY}"')
    return handoff


@pytest.mark.line("G1")
@pytest.mark.parametrize(("function", "method", "path"), [
    ("trigger", "POST", "/api/exports"),
    ("status", "GET", "/api/exports"),
    ("status", "GET", "/api/exports/00000000-0000-4000-8000-000000000000"),
])  # fmt: skip
def test_an_unexpected_error_is_a_500_with_a_reference_and_no_detail(
    function: str, method: str, path: str, broken: Handoff, log_lines: list[dict[str, Any]]
) -> None:
    person = broken.person()
    answer = invoke(getattr(broken, function), event(method, path, body={}, cookies=person.cookies))
    problem = assert_problem(answer, 500, "internal")
    assert (problem["title"], problem["detail"]) == (
        "Something went wrong on our side",
        "It was recorded. Please try again.",
    )
    assert "UndefinedTable" in recorded(log_lines, problem["reference"])
    assert "exports" not in answer.body.decode().replace("/api/exports", "")


def recorded(log_lines: list[dict[str, Any]], reference: str) -> str:
    """The kind of error that was logged under a reference."""
    (record,) = [line for line in log_lines if line["message"] == "unexpected"]
    assert record["request_id"] == reference
    assert record["frames"]
    return str(record["kind"])


@pytest.mark.line("G1")
def test_an_error_of_ours_without_a_row_in_the_table_is_answered_and_recorded_as_what_it_is(
    handoff: Handoff, log_lines: list[dict[str, Any]]
) -> None:
    class NewError(HandoffError):
        """Somebody forgot its row."""

    def fail(*_: object) -> None:
        raise NewError(CANARY)

    person = handoff.person()
    handoff.trigger.wiring.__dict__["export_requests"] = SimpleNamespace(cancel=fail)
    path = "/api/exports/00000000-0000-4000-8000-000000000000/cancel"
    answer = invoke(handoff.trigger, event("POST", path, cookies=person.cookies))
    problem = assert_problem(answer, 500, "internal")
    assert CANARY not in answer.body.decode()
    assert recorded(log_lines, problem["reference"]) == "NewError"


@pytest.mark.line("G1")
def test_the_reference_is_lambdas_request_id_and_the_same_in_header_body_and_log(
    handoff: Handoff, log_lines: list[dict[str, Any]]
) -> None:
    for function, sent, status in (
        (handoff.status, event("GET", "/nowhere"), 404),
        (handoff.trigger, event("POST", "/api/exports"), 401),
        (handoff.callback, event("POST", "/api/jobs/produce_export"), 401),
        (handoff.download, event("GET", "/download/x"), 404),
    ):
        log_lines.clear()
        answer = raw_answer(function, sent, "the-request-id")
        assert answer["statusCode"] == status
        assert answer["headers"]["x-request-id"] == "the-request-id"
        assert ('"reference":"the-request-id"' in answer["body"]) == (function is not handoff.download)
        (line,) = [line for line in log_lines if line["message"] == "request"]
        assert (line["request_id"], line["status"]) == ("the-request-id", status)


def raw_answer(function: ModuleType, sent: dict[str, Any], request_id: str) -> dict[str, Any]:
    context = SimpleNamespace(aws_request_id=request_id, function_name="test", memory_limit_in_mb=512)
    found: dict[str, Any] = function.handler(sent, context)
    return found


def test_the_log_that_these_tests_read_is_the_functions_own() -> None:
    assert logging.getLogger(logger.name).handlers
