"""What the sweep does for runs: nothing sticks, even when enqueue, callback and failure report are all lost."""

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from handoff.database import Database, load_queries
from handoff.jobs.outgoing import DueMessage
from handoff.jobs.publish import Publisher
from handoff.telemetry import count, logger, measure_seconds

QUERIES = load_queries("jobs")
AT_ONCE = 20
"""Messages on their way to the queue at the same time."""
BATCH = 200
"""Rows of one statement."""
BATCHES = 25
"""Statements of one duty in one sweep: what is left after 5,000 rows waits for the next, a minute later."""


@dataclass(frozen=True)
class SweptRun:
    id: UUID
    state: str


Run = TypeVar("Run", bound=SweptRun)


@dataclass(frozen=True)
class LateRun(SweptRun):
    message_id: str | None


@dataclass(frozen=True, kw_only=True)
class OldMessage(DueMessage):
    age_seconds: float


@dataclass(frozen=True)
class DeletedKey:
    run_id: UUID


def return_expired_leases(database: Database) -> int:
    """Runs whose worker vanished wait for another; see the query for those the queue had given up on."""
    return len(_sweep(database, "return_expired_leases", "lease expired", SweptRun))


async def end_past_deadline(database: Database, publisher: Publisher) -> int:
    """Every unfinished run past its deadline ends as timed_out, and what the queue has of it is called back."""
    late = _sweep(database, "end_past_deadline", "deadline passed", LateRun)
    await publisher.call_back(run.message_id for run in late if run.message_id)
    return len(late)


async def publish_due_messages(database: Database, publisher: Publisher, *, outbox_grace_seconds: int) -> int:
    """Send what no worker has claimed in time; each further time after a longer pause.

    Messages are taken as they are sent, some at once, and no more of them once the queue takes none: the others are
    then still due, under the try they had.
    """
    due, published, oldest, taken = 0, 0, 0.0, [True]
    while due < BATCH * BATCHES and any(taken):
        messages = database.rows(
            QUERIES["take_due_messages"], OldMessage, limit=AT_ONCE, outbox_grace_seconds=outbox_grace_seconds
        )
        taken = await publisher.publish(*messages)
        due += len(messages)
        published += sum(taken)
        oldest = max([oldest, *(each.age_seconds for each in messages)])
    measure_seconds("OutboxAge", oldest)
    logger.info("outbox", due=due, published=published)
    return due


def delete_old_runs(database: Database, *, retention_days: int) -> int:
    """The history past its retention."""
    return len(_sweep(database, "delete_old_runs", "retention passed", SweptRun, retention_days=retention_days))


def delete_old_idempotency_keys(database: Database) -> int:
    """Keys older than their 24 hours."""
    return len(database.rows(QUERIES["delete_old_idempotency_keys"], DeletedKey))


def _sweep(database: Database, query: str, event: str, row: type[Run], **parameters: int) -> list[Run]:
    swept: list[Run] = []
    for _ in range(BATCHES):
        runs = database.rows(QUERIES[query], row, limit=BATCH, **parameters)
        swept += runs
        for run in runs:
            logger.warning(event, run=str(run.id), state=run.state)
            if run.state in ("failed", "timed_out") and query != "delete_old_runs":
                count("RunsFailed")
        if len(runs) < BATCH:
            break
    return swept
