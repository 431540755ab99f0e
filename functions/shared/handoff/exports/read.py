"""What owners see of their exports: one of them, or a page of the history."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from handoff.database import Database, load_queries
from handoff.errors import NotFoundError
from handoff.exports.documents import DOCUMENTS, document
from handoff.exports.outcomes import words
from handoff.links.links import LinkUrls
from handoff.paging import Look, from_cursor, to_cursor

QUERIES = load_queries("exports")
JOB_TYPE = "produce_export"


@dataclass(frozen=True)
class ExportRow:
    """One row of read_exports. Times are RFC 3339 text, made by the database. Without an id it is of the time alone."""

    id: UUID
    document: str
    parameters: dict[str, Any]
    state: str
    version: int
    try_: int
    attempt: int
    max_attempts: int
    outcome: str | None
    outcome_request: str | None
    created_at: str
    updated_at: str
    started_at: str | None
    ended_at: str | None
    deadline_at: str
    file_name: str | None
    file_content_type: str | None
    file_size: int | None
    file_stored_at: str | None
    file_removed_at: str | None
    file_kept_until: str | None
    links: list[dict[str, Any]]
    live_links: int
    seconds_to_next_end: float | None
    visit_count: int
    admitted_count: int
    downloads: int
    visits: list[dict[str, Any]]
    server_time: str

    @property
    def etag_part(self) -> str:
        """Differs whenever the representation does: a version for each change, and what only time and visits move."""
        return f"{self.version}.{self.visit_count}.{self.admitted_count}.{self.live_links}"


class ExportReader:
    """Reads exports of one owner. Each look is one round trip."""

    def __init__(self, database: Database, urls: LinkUrls, *, retention_days: int) -> None:
        self._database = database
        self._urls = urls
        self._retention_days = retention_days

    def one(self, export_id: UUID, owner: str) -> Look:
        """One export with its links and visits. Raises NotFoundError."""
        rows, _ = self._read(owner, export_id=export_id, limit=1, with_visits=True)
        if not rows:
            raise NotFoundError
        row = rows[0]
        body = {**self._representation(row), "visits": row.visits, "server_time": row.server_time}
        return Look(f'"{row.etag_part}"', body, row.server_time, row.seconds_to_next_end)

    def page(self, owner: str, *, limit: int, cursor: str | None) -> Look:
        """Exports newest first, and the cursor of the next page. Raises InvalidQueryError for a cursor not of ours."""
        before = from_cursor(cursor) if cursor else None
        rows, server_time = self._read(owner, before=before, limit=limit + 1, with_visits=False)
        shown, has_more = rows[:limit], len(rows) > limit
        body = {
            "items": [self._representation(row) for row in shown],
            "next_cursor": to_cursor(shown[-1].created_at, shown[-1].id) if has_more else None,
            "server_time": server_time,
        }
        return Look(_page_etag(rows), body, server_time)

    def _read(
        self,
        owner: str,
        *,
        export_id: UUID | None = None,
        before: tuple[str, UUID] | None = None,
        limit: int,
        with_visits: bool,
    ) -> tuple[list[ExportRow], str]:
        """The exports, and the database's time."""
        before_created_at, before_id = before or (None, None)
        rows = self._database.rows(
            QUERIES["read_exports"], ExportRow,
            owner=owner, job_type=JOB_TYPE, id=export_id, before_created_at=before_created_at, before_id=before_id,
            limit=limit, with_visits=with_visits, retention_days=self._retention_days,
        )  # fmt: skip
        return [row for row in rows if row.id is not None], rows[0].server_time

    def _representation(self, row: ExportRow) -> dict[str, Any]:
        return {
            "id": str(row.id),
            "document": row.document,
            "title": document(row.document).title if row.document in DOCUMENTS else row.document,
            "parameters": row.parameters,
            "state": row.state,
            "try": row.try_,
            "attempt": row.attempt,
            "max_attempts": row.max_attempts,
            "problem": _problem(row),
            "created_at": row.created_at,
            "updated_at": row.updated_at,
            "started_at": row.started_at,
            "ended_at": row.ended_at,
            "deadline_at": row.deadline_at,
            "file": _file(row),
            "links": [{**link, "url": self._urls.url(UUID(link["id"]))} for link in row.links],
            "downloads": row.downloads,
        }


def _problem(row: ExportRow) -> dict[str, Any] | None:
    if row.outcome is None:
        return None
    return {"code": row.outcome, "title": words(row.outcome), "reference": row.outcome_request or str(row.id)}


def _file(row: ExportRow) -> dict[str, Any] | None:
    if row.file_stored_at is None:
        return None
    return {
        "name": row.file_name,
        "content_type": row.file_content_type,
        "size": row.file_size,
        "stored_at": row.file_stored_at,
        "removed_at": row.file_removed_at,
        "kept_until": row.file_kept_until,
    }


def _page_etag(rows: Sequence[ExportRow]) -> str:
    digest = hashlib.sha256(",".join(f"{row.id}.{row.etag_part}" for row in rows).encode())
    return f'"{digest.hexdigest()[:32]}"'
