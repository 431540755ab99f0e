"""The calls of a period, read at one moment: what a report is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from handoff.calls.read import shown_marker
from handoff.database import Database, load_queries

QUERIES = load_queries("calls")


@dataclass(frozen=True)
class PeriodCall:
    """Its carrier told of the start and the end; `marked_by` said that it has ended (None: somebody not signed in)."""

    carrier: str
    call_id: str
    started_at: datetime | None
    ended_at: datetime | None
    marked_at: datetime | None
    marked_by: str | None


@dataclass(frozen=True)
class PeriodCalls:
    """From `start` to before `end`, in the order in which they started; all of it is of the moment `now`.

    A call whose start was never told belongs where it ended. `older_unresolved` are those that started before and have
    no end after `max_call`.
    """

    now: datetime
    start: datetime
    end: datetime
    calls: Sequence[PeriodCall]
    older_unresolved: int


@dataclass(frozen=True)
class PeriodRow:
    """One row of read_period; times are in seconds since 1970. Without a call it is of the period alone."""

    now: float
    period_start: float
    period_end: float
    older_unresolved: int
    carrier: str | None
    call_id: str | None
    started_at: float | None
    ended_at: float | None
    marked_at: float | None
    marked_by: str | None


def read_period(
    database: Database,
    *,
    window: timedelta | None,
    period: tuple[datetime, datetime] | None,
    max_call: timedelta,
    limit: int,
) -> PeriodCalls:
    """Of the `window` that ends now, or of the `period`; at most `limit` calls. One statement: one moment."""
    start, end = period or (None, None)
    rows = database.rows(
        QUERIES["read_period"], PeriodRow,
        window_seconds=window.total_seconds() if window else None, period_start=start, period_end=end,
        max_call_seconds=max_call.total_seconds(), limit=limit,
    )  # fmt: skip
    about = rows[0]
    calls = [
        PeriodCall(
            row.carrier,
            row.call_id,
            _moment(row.started_at),
            _moment(row.ended_at),
            _moment(row.marked_at),
            shown_marker(row.marked_by),
        )
        for row in rows
        if row.carrier is not None and row.call_id is not None
    ]
    return PeriodCalls(
        now=datetime.fromtimestamp(about.now, UTC),
        start=datetime.fromtimestamp(about.period_start, UTC),
        end=datetime.fromtimestamp(about.period_end, UTC),
        calls=calls,
        older_unresolved=about.older_unresolved,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
