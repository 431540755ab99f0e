"""What owners see of their exports: one of them, or a page of the history."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from handoff.database import Database, load_queries
from handoff.errors import NotFoundError
from handoff.exports.documents import DOCUMENTS, document
from handoff.exports.outcomes import words
from handoff.jobs.shown import ShownRun, shown
from handoff.links.links import LinkUrls
from handoff.paging import Look, from_cursor, page_etag, to_cursor

QUERIES = load_queries("exports")
JOB_TYPE = "produce_export"


@dataclass(frozen=True)
class ExportRow(ShownRun):
    """One row of read_exports."""

    document: str
    parameters: dict[str, Any]


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
        rows, server_time = self._read(owner, cursor=cursor, limit=limit + 1, with_visits=False)
        items, has_more = rows[:limit], len(rows) > limit
        body = {
            "items": [self._representation(row) for row in items],
            "next_cursor": to_cursor(items[-1].created_at, items[-1].id) if has_more else None,
            "server_time": server_time,
        }
        return Look(page_etag(f"{row.id}.{row.etag_part}" for row in rows), body, server_time)

    def _read(
        self, owner: str, *, export_id: UUID | None = None, cursor: str | None = None, limit: int, with_visits: bool
    ) -> tuple[list[ExportRow], str]:
        """The exports, and the database's time."""
        before_created_at, before_id = from_cursor(cursor) if cursor else (None, None)
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
            **shown(row, self._urls, words),
        }
