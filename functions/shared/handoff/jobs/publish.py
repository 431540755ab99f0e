"""Puts a run's message on the queue, right after the statement that committed the run."""

import asyncio
from uuid import UUID

from handoff.errors import MessageTooLargeError, QueueUnavailableError
from handoff.jobs.messages import RunMessage, to_body
from handoff.jobs.queues.base import Message, Queue
from handoff.telemetry import count, logger

PATIENCE_SECONDS = 1.5
"""A person waits for this. What the queue does not take in time, the sweep sends from the outbox."""


class Publisher:
    """Sends messages of runs to their job's address."""

    def __init__(
        self, queue: Queue, *, delivery_url: str, retries: int, retry_pause_seconds: int, timeout_seconds: int
    ) -> None:
        self._queue = queue
        self._delivery_url = delivery_url
        self._retries = retries
        self._retry_pause_seconds = retry_pause_seconds
        self._timeout_seconds = timeout_seconds

    async def publish(self, job_type: str, run_id: UUID, try_: int) -> bool:
        """Whether the queue took the message. False is no harm: its outbox row stays until a worker claims the run."""
        self._queue.prepare()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._queue.send(self._message(job_type, RunMessage(run_id, try_)))
            return True
        except (TimeoutError, QueueUnavailableError, MessageTooLargeError) as error:
            logger.warning("not published", run=str(run_id), run_try=try_, reason=str(error) or type(error).__name__)
            count("PublishFailed")
            return False

    def _message(self, job_type: str, message: RunMessage) -> Message:
        url = f"{self._delivery_url}/api/jobs/{job_type}"
        return Message(
            url=url,
            body=to_body(message),
            headers={"Content-Type": "application/json"},
            try_=message.try_,
            # Each try has its own: the queue would swallow a real retry that came within its memory.
            deduplication_id=f"{message.id}-{message.try_}",
            retries=self._retries,
            retry_pause_seconds=self._retry_pause_seconds,
            timeout_seconds=self._timeout_seconds,
            failure_callback_url=f"{url}/failed",
        )
