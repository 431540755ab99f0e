"""An attempt that is made without HTTP is answered as request_handler would answer it over HTTP."""

import asyncio
from email.utils import formatdate
from time import time

import pytest
from starlette.requests import Request

from handoff.errors import (
    DatabaseUnavailableError,
    InvalidDeliveryError,
    JobFailedError,
    JobLeasedError,
    StateForbidsError,
)
from handoff.jobs.answers import Answer, answer_to
from handoff.web.problems import handle_handoff_error, handle_unexpected

OF_JOBS = [
    JobLeasedError(12.3),
    InvalidDeliveryError(),
    JobFailedError("source_status", retryable=True),
    JobFailedError("not_a_pdf", retryable=False),
    DatabaseUnavailableError(),
]


@pytest.mark.parametrize("error", OF_JOBS, ids=lambda error: f"{type(error).__name__}{vars(error)}")
def test_an_error_of_a_job_has_the_status_that_it_has_on_the_web(error: Exception) -> None:
    request = Request({"type": "http", "headers": [], "method": "POST", "path": "/"})
    on_the_web = asyncio.run(handle_handoff_error(request, error))
    assert answer_to(error).status == on_the_web.status_code
    if isinstance(error, JobLeasedError):
        assert answer_to(error).headers["retry-after"] == on_the_web.headers["retry-after"] == "14"


@pytest.mark.parametrize("error", [RuntimeError(), KeyError("x")], ids=repr)
def test_a_bug_is_an_attempt_that_failed(error: Exception) -> None:
    request = Request({"type": "http", "headers": [], "method": "POST", "path": "/"})
    assert answer_to(error).status == asyncio.run(handle_unexpected(request, error)).status_code == 500


def test_an_error_that_no_job_raises_does_not_forbid_another_attempt() -> None:
    assert answer_to(StateForbidsError()) == Answer(500)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("0", 0), ("7", 7), ("86400", 86_400), ("86401", None), ("9999999999", None), ("-1", None), ("1.5", None),
     ("", None),
     ("soon", None), ("٣", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 99 Oct 2015 07:28:00 GMT", None),
     ("Jan 1 )2020 1:1:1 +999999999999", None)],
)  # fmt: skip
def test_a_wish_for_a_pause_is_understood_or_left(told: str, seconds: float | None) -> None:
    assert Answer(503, {"retry-after": told}).retry_after_seconds == seconds


def test_a_wish_for_a_pause_may_be_a_date() -> None:
    found = Answer(503, {"retry-after": formatdate(time() + 100, usegmt=True)}).retry_after_seconds
    assert found is not None
    assert 95 < found <= 100


@pytest.mark.parametrize(("status", "succeeded"), [(None, False), (199, False), (200, True), (299, True), (300, False)])
def test_2xx_alone_is_a_success(status: int | None, succeeded: bool) -> None:
    assert Answer(status).succeeded is succeeded
