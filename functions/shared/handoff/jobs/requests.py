"""What an owner can do with the runs of one job type: have one of a few places for it, retry it, call it off."""

from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4, uuid5

from handoff.database import Database, Query, load_queries
from handoff.errors import ConstraintViolatedError, NotFoundError, StateForbidsError, TooManyActiveError
from handoff.telemetry import logger

QUERIES = load_queries("runs")
Row = TypeVar("Row")

NO_FREE_SLOT = "runs_unfinished_has_a_slot"
SLOT_TAKEN = "runs_one_per_slot"
"""Somebody took the slot between this statement's look and its write; the next look sees it."""


@dataclass(frozen=True)
class Transition:
    """A run after retry or cancel: `accepted` says whether it is (by now) in the wanted state."""

    state: str
    try_: int
    accepted: bool


@dataclass(frozen=True)
class RunLimits:
    """See the settings of the same names."""

    max_active: int
    max_attempts: int
    deadline_seconds: int
    outbox_grace_seconds: int


class RunRequests:
    """Each method is one statement. What is asked for (a document, a picture) is a subclass's matter."""

    job_type: ClassVar[str]
    noun: ClassVar[str]
    """What people call such a run: export."""

    def __init__(self, database: Database, limits: RunLimits) -> None:
        self._database = database
        self._limits = limits

    def retry(self, run_id: UUID, owner: str, idempotency_key: str | None) -> int:
        """Queue an ended run again; its new try. The key of the run's last retry does nothing more.

        Raises NotFoundError, StateForbidsError, TooManyActiveError.
        """
        logger.append_keys(run=str(run_id))
        retry_id = uuid5(run_id, idempotency_key) if idempotency_key else uuid4()
        run = self._in_a_free_slot(
            QUERIES["retry_run"], Transition, id=run_id, owner=owner, job_type=self.job_type, retry_id=retry_id
        )
        return _accepted(run, f"Only a failed, canceled or timed-out {self.noun} can be tried again").try_

    def cancel(self, run_id: UUID, owner: str) -> None:
        """End an unfinished run. Raises NotFoundError, StateForbidsError."""
        logger.append_keys(run=str(run_id))
        run = self._database.one(QUERIES["cancel_run"], Transition, id=run_id, owner=owner, job_type=self.job_type)
        _accepted(run, f"Only an unfinished {self.noun} can be canceled")

    def _in_a_free_slot(self, query: Query, row: type[Row], **parameters: Any) -> Row | None:
        """Run a statement that queues a run. Raises TooManyActiveError."""
        limits = self._limits
        for last_look in (False,) * limits.max_active + (True,):
            try:
                return self._database.one(
                    query, row, max_active=limits.max_active, deadline_seconds=limits.deadline_seconds,
                    outbox_grace_seconds=limits.outbox_grace_seconds, **parameters,
                )  # fmt: skip
            except ConstraintViolatedError as error:
                if error.constraint == SLOT_TAKEN and not last_look:
                    continue
                if error.constraint in (NO_FREE_SLOT, SLOT_TAKEN):
                    raise TooManyActiveError from None
                raise
        raise AssertionError("unreachable")


def _accepted(run: Transition | None, rule: str) -> Transition:
    if run is None:
        raise NotFoundError
    if not run.accepted:
        raise StateForbidsError(f"{rule}; this one is {run.state}.")
    return run
