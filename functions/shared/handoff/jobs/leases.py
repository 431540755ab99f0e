"""Who works on a run: claim it, give it back, report that the queue gave up.

A lease is a token made by the worker before it claims. Every later write of that worker asks for the token, so a worker
that was too slow finds that somebody else was there first, and changes nothing.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from handoff.database import Database, load_queries
from handoff.errors import InvalidDeliveryError, JobFailedError, JobLeasedError
from handoff.jobs.base import Attempt
from handoff.jobs.messages import RunMessage
from handoff.telemetry import count, logger

QUERIES = load_queries("jobs")


@dataclass(frozen=True)
class Claim:
    """A run that is ours until its lease ends, and the storage key that only we may write to."""

    run_id: UUID
    lease_token: UUID
    file_key: str
    document: str | None
    """Of an export."""
    parameters: dict[str, Any]
    current_try: int
    message_id: str | None
    """What the queue calls the current try's message, where it can be called back."""


@dataclass(frozen=True)
class ClaimAnswer:
    document: str | None
    parameters: dict[str, Any]
    try_: int
    message_id: str | None
    answer: str
    lease_seconds_left: float


@dataclass(frozen=True)
class StateAnswer:
    state: str


@dataclass(frozen=True)
class GivenUpAnswer:
    state: str
    ended: bool


class Leases:
    """Claims runs of one job type."""

    def __init__(
        self, database: Database, job_type: str, *, folder: str, lease_seconds: int, outbox_grace_seconds: int
    ) -> None:
        """`folder`: what the keys begin with that workers may write to."""
        self._database = database
        self._job_type = job_type
        self._folder = folder
        self._lease_seconds = lease_seconds
        self._outbox_grace_seconds = outbox_grace_seconds

    def claim(self, message: RunMessage, attempt: int | None = None) -> Claim | None:
        """The run, or None when it has ended or is past its deadline. `attempt` is its number, where the queue counts.

        Raises JobLeasedError when another worker is at it, InvalidDeliveryError when there is no such run: it was
        committed before its message was sent, so it has been deleted since.
        """
        logger.append_keys(run=str(message.id))
        lease_token = uuid4()
        file_key = f"{self._folder}/{message.id}/{lease_token}"
        run = self._database.one(
            QUERIES["claim_run"], ClaimAnswer,
            id=message.id, job_type=self._job_type, lease_token=lease_token, file_key=file_key,
            lease_seconds=self._lease_seconds, try_=message.try_, attempt=attempt,
        )  # fmt: skip
        if run is None:
            raise InvalidDeliveryError("there is no such run")
        if run.answer == "leased":
            raise JobLeasedError(run.lease_seconds_left)
        logger.info("claim", run_try=message.try_, current_try=run.try_, answer=run.answer)
        if run.answer != "claimed":
            return None
        return Claim(message.id, lease_token, file_key, run.document, run.parameters, run.try_, run.message_id)

    def fail(self, claim: Claim, message: RunMessage, attempt: Attempt, error: JobFailedError) -> None:
        """Give the lease back with the attempt's named outcome: for good, or for the next delivery."""
        run = self._database.one(
            QUERIES["fail_attempt"], StateAnswer,
            id=claim.run_id, lease_token=claim.lease_token, permanent=not error.retryable,
            last_attempt=attempt.is_last, try_=message.try_, outcome=error.outcome, request_id=attempt.request_id,
            message_due_seconds=attempt.pause_seconds + self._outbox_grace_seconds,
        )  # fmt: skip
        state = run.state if run else "lease lost"
        logger.warning("attempt failed", outcome=error.outcome, state=state)
        if state == "failed":
            count("RunsFailed")

    def report_given_up(
        self,
        message: RunMessage,
        dead_letter_id: str | None,
        request_id: str,
        *,
        outcome: str | None = None,
        attempt: int | None = None,
    ) -> None:
        """No other attempt will come: ends the run if this was its current try and nobody is at work on it.

        `outcome` and `attempt`: why, and at which, where the report tells.
        """
        logger.append_keys(run=str(message.id))
        run = self._database.one(
            QUERIES["report_given_up"], GivenUpAnswer,
            id=message.id, job_type=self._job_type, try_=message.try_, dead_letter_id=dead_letter_id,
            request_id=request_id, outcome=outcome, attempt=attempt,
        )  # fmt: skip
        logger.warning(
            "given up",
            outcome=outcome,
            run_try=message.try_,
            dead_letter=dead_letter_id,
            state=run.state if run else "unknown",
        )
        if dead_letter_id:
            count("DeadLetters")
        if run and run.ended:
            count("RunsFailed")
