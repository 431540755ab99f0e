"""Ask for an export."""

import json
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID, uuid4

from handoff.database import Database, load_queries
from handoff.errors import InvalidBodyError, UnknownDocumentError
from handoff.exports.documents import document
from handoff.jobs.outgoing import DueMessage
from handoff.jobs.requests import RunLimits, RunRequests
from handoff.telemetry import logger

QUERIES = load_queries("exports")


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
    ) -> tuple[UUID, list[DueMessage]]:
        """The export's id, and what is to be published: nothing, where an earlier request of that key made it.

        Raises UnknownDocumentError, InvalidBodyError, IdempotencyKeyReusedError, TooManyActiveError.
        """
        if document_name in self._without:
            raise UnknownDocumentError("This document is not set up here.")
        if problems := document(document_name).check(parameters):
            raise InvalidBodyError(fields=problems)
        new = DueMessage(uuid4(), self.job_type, 1, parameters)
        export_id = self._request(
            QUERIES["request_export"], owner, {"document": document_name, "parameters": parameters}, idempotency_key,
            [new.id], document=document_name, parameters=json.dumps(parameters),
        )  # fmt: skip
        logger.append_keys(run=str(export_id))
        return export_id, self._new([new], export_id == new.id)


def needs_insider(document_name: str) -> bool:
    """Whether this document is for people who have signed in, where one can. Raises UnknownDocumentError."""
    return document(document_name).needs_insider
