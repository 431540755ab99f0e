"""Ask for an export, ask again after it ended badly, or call it off."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID, uuid4, uuid5

from handoff.database import Database, load_queries
from handoff.errors import (
    ConstraintViolatedError,
    IdempotencyKeyReusedError,
    InvalidBodyError,
    NotFoundError,
    StateForbidsError,
    TooManyActiveError,
)
from handoff.exports.documents import document
from handoff.telemetry import logger

QUERIES = load_queries("exports")
Row = TypeVar("Row")
JOB_TYPE = "produce_export"

NO_FREE_SLOT = "exports_unfinished_has_a_slot"
SLOT_TAKEN = "exports_one_run_per_slot"
"""Somebody took the slot between this statement's look and its write; the next look sees it."""


@dataclass(frozen=True)
class Requested:
    id: UUID
    body_hash: str


@dataclass(frozen=True)
class Transition:
    """A run after retry or cancel: `accepted` says whether it is (by now) in the wanted state."""

    state: str
    try_: int
    accepted: bool


@dataclass(frozen=True)
class ExportLimits:
    """See the settings of the same names."""

    max_active: int
    max_attempts: int
    deadline_seconds: int
    outbox_grace_seconds: int


class ExportRequests:
    """What an owner can do with exports. Each method is one statement."""

    def __init__(self, database: Database, limits: ExportLimits) -> None:
        self._database = database
        self._limits = limits

    def request(
        self, owner: str, document_name: str, parameters: Mapping[str, Any], idempotency_key: str | None
    ) -> tuple[UUID, bool]:
        """The export's id, and whether this request made it (its message is then to be published).

        Raises UnknownDocumentError, InvalidBodyError, IdempotencyKeyReusedError, TooManyActiveError.
        """
        if problems := document(document_name).check(parameters):
            raise InvalidBodyError(fields=problems)
        body_hash = _hash({"document": document_name, "parameters": parameters})
        export_id = uuid4()
        run = self._in_a_free_slot(
            "request_export", Requested,
            id=export_id, owner=owner, document=document_name, parameters=json.dumps(parameters), job_type=JOB_TYPE,
            key=idempotency_key or f"once:{export_id}", body_hash=body_hash, max_attempts=self._limits.max_attempts,
        )  # fmt: skip
        assert run is not None
        if run.body_hash != body_hash:
            raise IdempotencyKeyReusedError
        logger.append_keys(run=str(run.id))
        return run.id, run.id == export_id

    def retry(self, export_id: UUID, owner: str, idempotency_key: str | None) -> int:
        """Queue an ended run again; its new try. The key of the run's last retry does nothing more.

        Raises NotFoundError, StateForbidsError, TooManyActiveError.
        """
        logger.append_keys(run=str(export_id))
        retry_id = uuid5(export_id, idempotency_key) if idempotency_key else uuid4()
        run = self._in_a_free_slot("retry_export", Transition, id=export_id, owner=owner, retry_id=retry_id)
        return _accepted(run, "Only a failed, canceled or timed-out export can be tried again").try_

    def cancel(self, export_id: UUID, owner: str) -> None:
        """End an unfinished run. Raises NotFoundError, StateForbidsError."""
        logger.append_keys(run=str(export_id))
        run = self._database.one(QUERIES["cancel_export"], Transition, id=export_id, owner=owner)
        _accepted(run, "Only an unfinished export can be canceled")

    def _in_a_free_slot(self, query: str, row: type[Row], **parameters: Any) -> Row | None:
        limits = self._limits
        for last_look in (False,) * limits.max_active + (True,):
            try:
                return self._database.one(
                    QUERIES[query], row, max_active=limits.max_active, deadline_seconds=limits.deadline_seconds,
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


def _hash(body: Mapping[str, Any]) -> str:
    """Of the parsed body, so that white space and the order of keys do not make another request of it."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
