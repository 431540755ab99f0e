"""Takes what the queue tells of the calls that make images: each attempt's answer, and that it gave up.

A call is paid for, so it is never made again because something of ours failed: then the queue is answered so that it
brings the same answer again. What is told of a run that has ended changes nothing.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from handoff.database import Database, load_queries
from handoff.errors import InvalidDeliveryError, JobFailedError
from handoff.fetch import FetchError
from handoff.generations.file_names import file_name
from handoff.generations.providers.base import ImageProvider, OpenUrl
from handoff.jobs.base import Attempt
from handoff.jobs.consume import Route
from handoff.jobs.leases import Claim, Leases, StateAnswer
from handoff.jobs.messages import LARGEST_TRY, RunMessage
from handoff.jobs.queues.base import Delivery, Queue, Report
from handoff.jobs.results import Results
from handoff.jobs.run_job import work_on
from handoff.telemetry import logger

QUERIES = load_queries("generations")
JOB_TYPE = "generate_image"

# What the guarded HTTP client could not fetch of an answer that names a URL; anything else is provider_unavailable.
FETCH_OUTCOMES = {
    "source_timeout": "provider_timeout",
    "source_too_large": "too_large",
    "source_truncated": "answer_truncated",
}


@dataclass(frozen=True)
class Answer:
    """What came to /api/worker/{provider}/{id}?try=…, or to …/failed: of the call that this message stands for."""

    provider: str
    message: RunMessage
    report: Report


def answer_of(provider: str, run_id: str, query: str, report: Report) -> Answer:
    """Raises InvalidDeliveryError unless the address names a run and a try."""
    named = re.fullmatch(r"try=([1-9][0-9]{0,9})", query, re.ASCII)
    if named is None or int(named[1]) > LARGEST_TRY:
        raise InvalidDeliveryError("the address must name one try")
    try:
        return Answer(provider, RunMessage(UUID(run_id), int(named[1])), report)
    except ValueError:
        raise InvalidDeliveryError("the address must name a run") from None


class ImageAnswers:
    """Two round trips to Postgres for an image, claim and complete; one for a failed attempt."""

    def __init__(
        self,
        database: Database,
        provider: ImageProvider,
        leases: Leases,
        results: Results,
        open_url: OpenUrl,
        *,
        time_limit_seconds: int,
    ) -> None:
        """`open_url`: for answers that name a URL instead of bringing the image."""
        self._database = database
        self._provider = provider
        self._leases = leases
        self._results = results
        self._open_url = open_url
        self._time_limit_seconds = time_limit_seconds

    def receive(self, answer: Answer, request_id: str) -> list[str]:
        """One attempt's answer. Which messages are not needed any more, by the queue's ids.

        Raises InvalidDeliveryError, JobLeasedError, and JobFailedError where the answer is to be brought once more.
        """
        self._check(answer)
        report = answer.report
        if _is_success(report):
            return self._keep(answer.message, report, request_id)
        failure = self._failure(report)
        if failure.retryable and not report.is_final:
            self._record(answer.message, report, failure, request_id)
            return []
        self._end(answer.message, report, failure, request_id)
        return [report.message_id] if report.message_id and not report.is_final else []

    def report_given_up(self, answer: Answer, request_id: str) -> None:
        """No attempt succeeded, and the queue makes no other."""
        self._check(answer)
        report = answer.report
        self._end(answer.message, report, None if _is_success(report) else self._failure(report), request_id)

    def _keep(self, message: RunMessage, report: Report, request_id: str) -> list[str]:
        """Of any try: it was paid for."""
        ends_at = time.monotonic() + self._time_limit_seconds
        claim = self._leases.claim(message, report.retried + 1)
        if claim is None:
            return []
        # The queue brings an answer a few times, and does not tell which is the last.
        attempt = Attempt(request_id, is_last=False, pause_seconds=0)
        try:
            work_on(claim, message, attempt, self._leases, lambda: self._store(claim, report, ends_at))
        except JobFailedError as error:
            if error.retryable:
                raise
            return []
        return [claim.message_id] if claim.message_id and claim.current_try != message.try_ else []

    def _store(self, claim: Claim, report: Report, ends_at: float) -> None:
        try:
            with self._provider.read(report, self._open_url) as image:
                name = file_name(claim.parameters["prompt"], image.content_type)
                self._results.keep(claim, image.chunks, name=name, content_type=image.content_type, ends_at=ends_at)
        except FetchError as error:
            outcome = FETCH_OUTCOMES.get(error.outcome, "provider_unavailable")
            raise JobFailedError(outcome, retryable=error.retryable) from error

    def _failure(self, report: Report) -> JobFailedError:
        try:
            with self._provider.read(report, self._open_url):
                return JobFailedError("provider_refused", retryable=False)
        except JobFailedError as error:
            return error

    def _end(self, message: RunMessage, report: Report, failure: JobFailedError | None, request_id: str) -> None:
        self._leases.report_given_up(
            message,
            report.dead_letter_id,
            request_id,
            outcome=failure.outcome if failure else None,
            attempt=report.retried + 1,
        )

    def _record(self, message: RunMessage, report: Report, failure: JobFailedError, request_id: str) -> None:
        logger.append_keys(run=str(message.id))
        run = self._database.one(
            QUERIES["report_attempt"], StateAnswer,
            id=message.id, job_type=JOB_TYPE, try_=message.try_, attempt=report.retried + 1, outcome=failure.outcome,
            request_id=request_id,
        )  # fmt: skip
        if run is None:
            raise InvalidDeliveryError("there is no such run")
        logger.warning("attempt failed", outcome=failure.outcome, state=run.state, run_try=message.try_)

    def _check(self, answer: Answer) -> None:
        if answer.provider != self._provider.name:
            raise InvalidDeliveryError("there is no such image provider")


def answer_route(queue: Queue, answers: Callable[[], ImageAnswers]) -> Route:
    """For jobs.consume: `{provider}/{id}?try=…`, and `{provider}/{id}/failed?try=…`."""

    def deliver(address: str, delivery: Delivery, request_id: str) -> None:
        path, _, query = address.partition("?")
        match path.split("/"):
            case [provider, run_id]:
                answers().receive(answer_of(provider, run_id, query, queue.read_report(delivery)), request_id)
            case [provider, run_id, "failed"]:
                answers().report_given_up(answer_of(provider, run_id, query, queue.read_report(delivery)), request_id)
            case _:
                raise InvalidDeliveryError("there is no such route")

    return deliver


def _is_success(report: Report) -> bool:
    return report.status is not None and 200 <= report.status < 300
