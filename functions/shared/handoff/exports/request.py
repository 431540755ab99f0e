"""Ask for an export."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from handoff.database import Database, load_queries
from handoff.errors import IdempotencyKeyReusedError, InvalidBodyError, UnknownDocumentError
from handoff.exports.documents import document
from handoff.jobs.requests import RunLimits, RunRequests
from handoff.telemetry import logger

QUERIES = load_queries("exports")


@dataclass(frozen=True)
class Requested:
    id: UUID
    body_hash: str


class ExportRequests(RunRequests):
    """What an owner can do with exports; retry and cancel are those of every run."""

    job_type = "produce_export"
    noun = "export"

    def __init__(self, database: Database, limits: RunLimits, *, without: Collection[str] = ()) -> None:
        """`without` these documents, which this deployment does not offer."""
        super().__init__(database, limits)
        self._without = without

    def request(
        self, owner: str, document_name: str, parameters: Mapping[str, Any], idempotency_key: str | None
    ) -> tuple[UUID, bool]:
        """The export's id, and whether this request made it (its message is then to be published).

        Raises UnknownDocumentError, InvalidBodyError, IdempotencyKeyReusedError, TooManyActiveError.
        """
        if document_name in self._without:
            raise UnknownDocumentError("This document is not set up here.")
        if problems := document(document_name).check(parameters):
            raise InvalidBodyError(fields=problems)
        body_hash = _hash({"document": document_name, "parameters": parameters})
        export_id = uuid4()
        run = self._in_a_free_slot(
            QUERIES["request_export"], Requested,
            id=export_id, owner=owner, document=document_name, parameters=json.dumps(parameters),
            job_type=self.job_type, key=idempotency_key or f"once:{export_id}", body_hash=body_hash,
            max_attempts=self._limits.max_attempts,
        )  # fmt: skip
        assert run is not None
        if run.body_hash != body_hash:
            raise IdempotencyKeyReusedError
        logger.append_keys(run=str(run.id))
        return run.id, run.id == export_id


def needs_insider(document_name: str) -> bool:
    """Whether this document is for people who have signed in, where one can. Raises UnknownDocumentError."""
    return document(document_name).needs_insider


def _hash(body: Mapping[str, Any]) -> str:
    """Of the parsed body, so that white space and the order of keys do not make another request of it."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
