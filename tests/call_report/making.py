"""Reports made for a test: of calls that are given, at a moment that stands still."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from handoff.calls.period import PeriodCall, PeriodCalls
from handoff.exports.documents.call_report import TEMPLATE
from handoff.exports.documents.call_report.figures import Figures
from handoff.exports.typeset import typeset

NOW = datetime(2026, 6, 14, 12, 0, 20, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def call(name: str, *, ago: timedelta = 30 * MINUTE, lasted: timedelta | None = None, **other: Any) -> PeriodCall:
    """Started so long `ago`; without `lasted`, nobody told of its end."""
    started_at = NOW - ago
    fields: dict[str, Any] = {
        "carrier": "generic",
        "call_id": name,
        "started_at": started_at,
        "ended_at": None if lasted is None else started_at + lasted,
        "marked_at": None,
        "marked_by": None,
    }
    return PeriodCall(**{**fields, **other})


def figures(
    calls: Sequence[PeriodCall],
    *,
    zone: str = "Europe/Berlin",
    window: timedelta = 2 * HOUR,
    end: datetime = NOW,
    older_unresolved: int = 0,
) -> Figures:
    read = PeriodCalls(NOW, end - window, end, calls, older_unresolved)
    return Figures(read, zone=ZoneInfo(zone), max_call=HOUR)


def pdf(calls: Sequence[PeriodCall]) -> bytes:
    with typeset(TEMPLATE, figures(calls).as_json(), made_at=int(NOW.timestamp()), seconds=60) as chunks:
        return b"".join(chunks)
