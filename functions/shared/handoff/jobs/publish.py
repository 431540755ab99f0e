"""Puts messages on the queue, of runs right after the statement that committed them, and calls them back."""

import asyncio
from collections.abc import Callable, Iterable

from handoff.errors import DatabaseUnavailableError, MessageTooLargeError, QueueUnavailableError
from handoff.jobs.outgoing import DueMessage, JobMessages, Outgoing
from handoff.jobs.queues.base import Message, Queue
from handoff.telemetry import count, logger

PATIENCE_SECONDS = 1.5
"""A person waits for this. What the queue does not take in time, the sweep sends from the outbox."""


AT_ONCE = 20
"""Messages that are called back at the same time."""


class Publisher:
    """Sends what each job type's messages are."""

    def __init__(self, queue: Queue, outgoing: Callable[[str], Outgoing]) -> None:
        """`outgoing`: what messages the runs of a job type have."""
        self._queue = queue
        self._outgoing = outgoing

    async def publish(self, *runs: DueMessage) -> list[bool]:
        """Whether the queue took each message. False is no harm: its outbox row stays until somebody has the run."""
        if runs:
            self._queue.prepare()
        message_ids = await asyncio.gather(*(self._sent(self._outgoing(run.job_type).message(run)) for run in runs))
        taken = [(run, message_id) for run, message_id in zip(runs, message_ids, strict=True) if message_id]
        await self.call_back(self._record(taken))
        return [message_id is not None for message_id in message_ids]

    async def send(self, job_type: str, body: bytes, *, deduplication_id: str) -> bool:
        """Whether the queue took the message of a job that is no run."""
        self._queue.prepare()
        outgoing = self._outgoing(job_type)
        assert isinstance(outgoing, JobMessages)
        return await self._sent(outgoing.message_with(body, deduplication_id)) is not None

    async def call_back(self, message_ids: Iterable[str]) -> None:
        """Have messages not delivered (again), where the queue can. What they bring if it cannot is dropped."""
        ids, heard = list(message_ids), True
        while ids and heard:  # a queue that hangs is not asked for all of many
            heard = any(await asyncio.gather(*(self._cancel(message_id) for message_id in ids[:AT_ONCE])))
            ids = ids[AT_ONCE:]

    async def _sent(self, message: Message) -> str | None:
        """The queue's id for it."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._queue.send(message)
        except (TimeoutError, QueueUnavailableError, MessageTooLargeError) as error:
            reason = str(error) or type(error).__name__
            logger.warning("not published", deduplication_id=message.deduplication_id, reason=reason)
            count("PublishFailed")
            return None

    def _record(self, taken: list[tuple[DueMessage, str]]) -> list[str]:
        """The ids of messages that are not wanted any more."""
        unwanted: list[str] = []
        for job_type in {run.job_type for run, _ in taken}:
            its = [(run, message_id) for run, message_id in taken if run.job_type == job_type]
            try:
                unwanted += self._outgoing(job_type).taken(its)
            except DatabaseUnavailableError:
                # It is sent again, under the deduplication id that it has.
                logger.warning("not recorded as published", runs=[str(run.id) for run, _ in its])
        return unwanted

    async def _cancel(self, message_id: str) -> bool:
        self._queue.prepare()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._queue.cancel(message_id)
            return True
        except NotImplementedError:
            return False
        except (TimeoutError, QueueUnavailableError) as error:
            logger.warning("not called back", message=message_id, reason=type(error).__name__)
            return False
