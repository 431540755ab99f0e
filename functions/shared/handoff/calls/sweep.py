"""What the sweep does for calls: the bodies of events go first, then the calls."""

from dataclasses import dataclass

from handoff.database import Database, load_queries

QUERIES = load_queries("calls")
BATCH = 1000
"""Rows of one statement."""
BATCHES = 25
"""Statements of one duty in one sweep."""


@dataclass(frozen=True)
class Deleted:
    carrier: str


def delete_old_raw_events(database: Database, *, retention_days: int) -> int:
    """Bodies of events past their retention."""
    return _sweep(database, "delete_old_raw_events", retention_days)


def delete_old_calls(database: Database, *, retention_days: int) -> int:
    """Calls past their retention with all their events, and events of no call."""
    calls = _sweep(database, "delete_old_calls", retention_days)
    return calls + _sweep(database, "delete_old_events_of_no_call", retention_days)


def _sweep(database: Database, query: str, retention_days: int) -> int:
    total = 0
    for _ in range(BATCHES):
        rows = database.rows(QUERIES[query], Deleted, limit=BATCH, retention_days=retention_days)
        total += len(rows)
        if len(rows) < BATCH:
            break
    return total
