"""What the sweep does for runs: nothing sticks, even when enqueue, callback and failure report are all lost."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from handoff.database import Database, load_queries
from handoff.jobs.publish import Publisher
from handoff.telemetry import count, logger, measure_seconds

QUERIES = load_queries("jobs")
AT_ONCE = 20
"""Messages on their way to the queue at the same time."""
BATCH = 200
"""Rows of one duty in one sweep; what is left waits for the next, a minute later."""


@dataclass(frozen=True)
class SweptRun:
    id: UUID
    state: str


@dataclass(frozen=True)
class DueMessage:
    id: UUID
    job_type: str
    try_: int
    age_seconds: float


@dataclass(frozen=True)
class DeletedKey:
    export_id: UUID


def return_expired_leases(database: Database) -> int:
    """Runs whose worker vanished wait for another; see the query for those the queue had given up on."""
    return _log("lease expired", database.rows(QUERIES["return_expired_leases"], SweptRun, limit=BATCH))


def end_past_deadline(database: Database) -> int:
    """Every unfinished run past its deadline ends as timed_out."""
    return _log("deadline passed", database.rows(QUERIES["end_past_deadline"], SweptRun, limit=BATCH))


async def publish_due_messages(database: Database, publisher: Publisher, *, outbox_grace_seconds: int) -> int:
    """Send what no worker has claimed in time; each further time after twice the pause."""
    due = database.rows(
        QUERIES["take_due_messages"], DueMessage, limit=BATCH, outbox_grace_seconds=outbox_grace_seconds
    )
    measure_seconds("OutboxAge", max((message.age_seconds for message in due), default=0.0))
    published = 0
    for first in range(0, len(due), AT_ONCE):
        messages = due[first : first + AT_ONCE]
        taken = await asyncio.gather(*(publisher.publish(each.job_type, each.id, each.try_) for each in messages))
        published += sum(taken)
        if not any(taken):
            break  # the queue is down: the others have their next turn after their pause, like these
    logger.info("outbox", due=len(due), published=published)
    return len(due)


def delete_old_runs(database: Database, *, retention_days: int) -> int:
    """The history past its retention."""
    return _log(
        "retention passed",
        database.rows(QUERIES["delete_old_runs"], SweptRun, limit=BATCH, retention_days=retention_days),
    )


def delete_old_idempotency_keys(database: Database) -> int:
    """Keys older than their 24 hours."""
    return len(database.rows(QUERIES["delete_old_idempotency_keys"], DeletedKey))


def _log(event: str, runs: list[SweptRun]) -> int:
    for run in runs:
        logger.warning(event, run=str(run.id), state=run.state)
        if run.state in ("failed", "timed_out"):
            count("ExportsFailed")
    return len(runs)
