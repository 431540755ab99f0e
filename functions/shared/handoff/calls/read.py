"""What people see of calls: suspected missed endings, recent calls, and how they started and ended over a while."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from handoff.database import Database, load_queries
from handoff.errors import NotFoundError
from handoff.paging import Look, from_cursor, to_cursor

QUERIES = load_queries("calls")
STEPS = 24
"""Parts of a timeline: 5 minutes each of two hours."""


@dataclass(frozen=True)
class CallRow:
    """A call. Times are RFC 3339 text, made by the database. Without an id it is of the time alone."""

    id: UUID
    carrier: str
    call_id: str
    caller: str | None
    callee: str | None
    started_at: str | None
    ended_at: str | None
    end_reason: str | None
    first_event_at: str
    last_event_at: str
    last_event: str
    events: int
    marked_at: str | None
    marked_by: str | None
    created_at: str
    older_unresolved: int | None
    server_time: str


@dataclass(frozen=True)
class StepRow:
    """A part of a timeline: from after `begins_at` to `ends_at`."""

    begins_at: str
    ends_at: str
    started: int
    ended: int
    missing: int
    server_time: str


class CallReader:
    """Each look is one round trip."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def failures(self, *, max_call: timedelta, window: timedelta, limit: int, cursor: str | None) -> Look:
        """Calls without an end that started more than `max_call` and less than `window` ago, newest first, with the
        number of those that started earlier. Raises InvalidQueryError for a cursor not of ours."""
        before, before_id = from_cursor(cursor) if cursor else (None, None)
        rows = self._database.rows(
            QUERIES["read_failures"], CallRow,
            max_call=max_call.total_seconds(), window=window.total_seconds(),
            before=before, before_id=before_id, limit=limit + 1,
        )  # fmt: skip
        body = _page(rows, limit, "started_at")
        return _look({**body, "older_unresolved": rows[0].older_unresolved}, rows[0].server_time)

    def page(self, *, limit: int, cursor: str | None) -> Look:
        """Calls by their first event, newest first. Raises InvalidQueryError for a cursor not of ours."""
        before, before_id = from_cursor(cursor) if cursor else (None, None)
        rows = self._database.rows(
            QUERIES["read_calls"], CallRow, before=before, before_id=before_id, limit=limit + 1
        )  # fmt: skip
        return _look(_page(rows, limit, "first_event_at"), rows[0].server_time)

    def timeline(self, *, max_call: timedelta, window: timedelta) -> dict[str, Any]:
        """How many calls started, ended, and should have ended, in each part of the window that ends now."""
        rows = self._database.rows(
            QUERIES["read_timeline"], StepRow,
            max_call=max_call.total_seconds(), window=window.total_seconds(), steps=STEPS,
        )  # fmt: skip
        steps = [
            {
                "from": row.begins_at,
                "to": row.ends_at,
                "started": row.started,
                "ended": row.ended,
                "missing": row.missing,
            }
            for row in rows
        ]
        return {"steps": steps, "server_time": rows[0].server_time}


class CallMarks:
    """An operator's word on a call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def end(self, call_id: UUID, marked_by: str) -> dict[str, Any]:
        """Record that a call without an end is over, and who says so; the call as it then is.

        Marking it twice, or after the carrier told of its end, changes nothing. Raises NotFoundError.
        """
        row = self._database.one(QUERIES["mark_call_ended"], CallRow, id=call_id, marked_by=marked_by)
        if row is None:
            raise NotFoundError
        return _representation(row)


def _page(rows: list[CallRow], limit: int, order: str) -> dict[str, Any]:
    found = [row for row in rows if row.id is not None]
    shown = found[:limit]
    more = len(found) > limit
    return {
        "items": [_representation(row) for row in shown],
        "next_cursor": to_cursor(getattr(shown[-1], order), shown[-1].id) if more else None,
    }


def _look(body: dict[str, Any], server_time: str) -> Look:
    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    return Look(f'"{digest[:32]}"', {**body, "server_time": server_time}, server_time)


def _representation(row: CallRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "carrier": row.carrier,
        "call_id": row.call_id,
        "from": row.caller,
        "to": row.callee,
        "state": _state(row),
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "end_reason": row.end_reason,
        "last_event": {"name": row.last_event, "at": row.last_event_at},
        "events": row.events,
        "marked_ended": {"at": row.marked_at, "by": shown_marker(row.marked_by)} if row.marked_by else None,
        "created_at": row.created_at,
    }


def _state(row: CallRow) -> str:
    """What the carrier says counts before what an operator says."""
    if row.ended_at:
        return "ended"
    if row.marked_at:
        return "marked_ended"
    return "started" if row.started_at else "announced"


def shown_marker(marked_by: str | None) -> str | None:
    """Of somebody who is not signed in there is nothing to show."""
    return None if marked_by is None or marked_by.startswith("anonymous:") else marked_by
