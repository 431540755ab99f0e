"""Messages of jobs that are no runs, held in the database until the queue takes them.

A run can be sent again by its id. Of other jobs the message is all there is, so what the queue does not take, or gives
up on, is kept here whole.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from handoff.database import Database, load_queries
from handoff.jobs.publish import Publisher
from handoff.telemetry import logger, measure_seconds

QUERIES = load_queries("held")
AT_ONCE = 20
"""Messages on their way to the queue at the same time."""
MOST = 5000
"""Messages of one sweep; the others wait for the next."""


@dataclass(frozen=True)
class HeldMessage:
    id: UUID
    job_type: str
    body: str
    publishes: int
    age_seconds: float


@dataclass(frozen=True)
class HeldId:
    id: UUID


class HeldMessages:
    """`database` is called when there is something to hold: as a rule there is not."""

    def __init__(self, database: Callable[[], Database], *, grace_seconds: int) -> None:
        self._database = database
        self._grace_seconds = grace_seconds

    def keep(self, message_id: UUID, job_type: str, body: bytes, *, pauses: int = 0) -> None:
        """Hold a message for the sweep; `pauses`: how often the time until then is doubled. Safe to repeat."""
        self._database().rows(
            QUERIES["hold_message"], HeldId,
            id=message_id, job_type=job_type, body=body.decode(), seconds=self._grace_seconds * 2**pauses,
        )  # fmt: skip


async def send_held_messages(database: Database, publisher: Publisher, *, grace_seconds: int) -> int:
    """Send those that are due, and let go of what the queue took; of the others no more are tried in this sweep."""
    due, oldest, taken = 0, 0.0, [True]
    while due < MOST and any(taken):
        messages = database.rows(QUERIES["take_held_messages"], HeldMessage, limit=AT_ONCE, grace_seconds=grace_seconds)
        taken = await asyncio.gather(*(_send(publisher, message) for message in messages))
        gone = [message.id for message, is_taken in zip(messages, taken, strict=True) if is_taken]
        if gone:
            database.rows(QUERIES["let_go"], HeldId, ids=gone)
        due += len(messages)
        oldest = max([oldest, *(message.age_seconds for message in messages)])
    measure_seconds("HeldMessagesAge", oldest)
    logger.info("held messages", due=due)
    return due


async def _send(publisher: Publisher, message: HeldMessage) -> bool:
    # An id of its own each time: see calls/receive.py.
    identity = f"{message.id}-{message.publishes}"
    return await publisher.send(message.job_type, message.body.encode(), deduplication_id=identity)
