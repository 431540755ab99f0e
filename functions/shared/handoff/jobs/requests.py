"""What an owner can do with the runs of one job type: have one of a few places for it, retry it, call it off."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4, uuid5

from handoff.database import Database, Query, load_queries
from handoff.errors import (
    ConstraintViolatedError,
    IdempotencyKeyReusedError,
    NotFoundError,
    StateForbidsError,
    TooManyActiveError,
)
from handoff.jobs.outgoing import DueMessage
from handoff.telemetry import count, logger

QUERIES = load_queries("runs")
Row = TypeVar("Row")

NO_FREE_SLOT = "runs_unfinished_has_a_slot"
SLOT_TAKEN = "runs_one_per_slot"
"""Somebody took the slot between this statement's look and its write; the next look sees it."""


@dataclass(frozen=True)
class Requested:
    """What a request's key stands for: what this request made, or an earlier one."""

    id: UUID | None
    body_hash: str


@dataclass(frozen=True)
class Retried:
    """A run after retry: `accepted` says whether it was taken, by this request or by an earlier one with its key."""

    state: str
    try_: int
    accepted: bool
    is_to_be_sent: bool
    parameters: dict[str, Any]
    generation_id: UUID | None


@dataclass(frozen=True)
class Canceled:
    """A run after cancel: `accepted` says whether it is (by now) canceled."""

    state: str
    accepted: bool
    message_id: str | None


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

    def retry(self, run_id: UUID, owner: str, idempotency_key: str | None) -> tuple[Retried, list[DueMessage]]:
        """Queue an ended run again, and what is to be published. The key of the run's last retry does nothing more.

        Raises NotFoundError, StateForbidsError, TooManyActiveError.
        """
        logger.append_keys(run=str(run_id))
        retry_id = uuid5(run_id, idempotency_key) if idempotency_key else uuid4()
        run = self._in_free_slots(
            QUERIES["retry_run"], Retried, id=run_id, owner=owner, job_type=self.job_type, retry_id=retry_id
        )
        run = _accepted(run, f"Only a failed, canceled or timed-out {self.noun} can be tried again")
        due = DueMessage(run_id, self.job_type, run.try_, run.parameters)
        return run, [due] if run.is_to_be_sent else []

    def cancel(self, run_id: UUID, owner: str) -> list[str]:
        """End an unfinished run. The ids of messages to be called back. Raises NotFoundError, StateForbidsError."""
        logger.append_keys(run=str(run_id))
        run = self._database.one(QUERIES["cancel_run"], Canceled, id=run_id, owner=owner, job_type=self.job_type)
        message_id = _accepted(run, f"Only an unfinished {self.noun} can be canceled").message_id
        return [message_id] if message_id else []

    def _request(
        self, query: Query, owner: str, body: Mapping[str, Any], key: str | None, ids: list[UUID],
        generation_id: UUID | None = None, **columns: Any,
    ) -> UUID:  # fmt: skip
        """Run a statement that begins with the part `asked_for`; the id of what its key stands for.

        `body` is what was asked for, in whatever words. Raises IdempotencyKeyReusedError, TooManyActiveError.
        """
        body_hash = _hash(body)
        requested = self._in_free_slots(
            query, Requested,
            ids=ids, generation_id=generation_id, owner=owner, key=key or f"once:{ids[0]}", body_hash=body_hash,
            job_type=self.job_type, max_attempts=self._limits.max_attempts, **columns,
        )  # fmt: skip
        assert requested is not None
        if requested.body_hash != body_hash or requested.id is None:
            raise IdempotencyKeyReusedError
        return requested.id

    def _new(self, runs: list[DueMessage], is_new: bool) -> list[DueMessage]:
        """What is to be published of a request; nothing of one that was made before."""
        if not is_new:
            return []
        count("RunsRequested", len(runs))
        return runs

    def _in_free_slots(self, query: Query, row: type[Row], **parameters: Any) -> Row | None:
        """Run a statement that queues runs. Raises TooManyActiveError."""
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


Answer = TypeVar("Answer", Retried, Canceled)


def _accepted(run: Answer | None, rule: str) -> Answer:
    if run is None:
        raise NotFoundError
    if not run.accepted:
        raise StateForbidsError(f"{rule}; this one is {run.state}.")
    return run


def _hash(body: Mapping[str, Any]) -> str:
    """Of the parsed body, so that white space and the order of keys do not make another request of it."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
