"""A job whose message names a run: claim the run, make its file, and end the attempt by name however it goes."""

import time
from abc import abstractmethod
from collections.abc import Callable

from handoff.errors import DatabaseUnavailableError, JobFailedError
from handoff.fetch import FetchError
from handoff.jobs.base import Attempt, Job
from handoff.jobs.leases import Claim, Leases
from handoff.jobs.messages import RunMessage, from_body
from handoff.storage import StorageError
from handoff.telemetry import log_unexpected


class RunJob(Job[RunMessage]):
    """Two round trips to Postgres: claim, and complete or fail. A subclass says how the file is made."""

    def __init__(self, leases: Leases, *, time_limit_seconds: int) -> None:
        self._leases = leases
        self._time_limit_seconds = time_limit_seconds

    @abstractmethod
    def make(self, claim: Claim, ends_at: float) -> None:
        """Make the run's file and complete the run, before `ends_at` of the monotonic clock.

        Raises JobFailedError, FetchError, StorageError.
        """

    def read(self, body: bytes) -> RunMessage:
        return from_body(body)

    def run(self, message: RunMessage, attempt: Attempt) -> None:
        ends_at = time.monotonic() + self._time_limit_seconds
        claim = self._leases.claim(message)
        if claim is not None:
            work_on(claim, message, attempt, self._leases, lambda: self.make(claim, ends_at))

    def report_given_up(self, message: RunMessage, dead_letter_id: str | None, request_id: str) -> None:
        self._leases.report_given_up(message, dead_letter_id, request_id)


def work_on(claim: Claim, message: RunMessage, attempt: Attempt, leases: Leases, make: Callable[[], None]) -> None:
    """Make a claimed run's file. Where that fails the lease is given back, with the reason: a JobFailedError."""
    try:
        make()
    except JobFailedError as error:
        leases.fail(claim, message, attempt, error)
        raise
    except (FetchError, StorageError) as error:
        failure = _as_failure(error)
        leases.fail(claim, message, attempt, failure)
        raise failure from error
    except DatabaseUnavailableError:
        raise  # the lease stays ours: a later delivery or the sweep goes on when it ends
    except Exception as error:
        log_unexpected(error)
        failure = JobFailedError("unexpected", retryable=True)
        leases.fail(claim, message, attempt, failure)
        raise failure from error


def _as_failure(error: FetchError | StorageError) -> JobFailedError:
    if isinstance(error, FetchError):
        return JobFailedError(error.outcome, retryable=error.retryable)
    return JobFailedError("storage_unavailable", retryable=True)
