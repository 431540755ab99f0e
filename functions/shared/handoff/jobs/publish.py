"""Puts the message of a job on the queue: of a run, right after the statement that committed it; of another, whole."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from handoff.errors import MessageTooLargeError, QueueUnavailableError
from handoff.jobs.messages import RunMessage, to_body
from handoff.jobs.queues.base import FlowControl, Message, Queue
from handoff.telemetry import count, logger

PATIENCE_SECONDS = 1.5
"""A person waits for this. What the queue does not take in time, the sweep sends from the outbox."""


class Publisher:
    """Sends messages to their job's address."""

    def __init__(
        self,
        queue: Queue,
        *,
        delivery_url: str,
        retries: int,
        retry_pause_seconds: int,
        timeout_seconds: int,
        parallelism: Mapping[str, int],
    ) -> None:
        """`parallelism`: how many deliveries of a job type may be under way, so that none keeps the others waiting."""
        self._queue = queue
        self._delivery_url = delivery_url
        self._retries = retries
        self._retry_pause_seconds = retry_pause_seconds
        self._timeout_seconds = timeout_seconds
        self._parallelism = dict(parallelism)

    async def publish(self, job_type: str, run_id: UUID, try_: int) -> bool:
        """Whether the queue took the message. False is no harm: its outbox row stays until a worker claims the run."""
        # Each try has its own id: the queue would swallow a real retry that came within its memory.
        identity = f"{run_id}-{try_}"
        return await self.send(job_type, to_body(RunMessage(run_id, try_)), deduplication_id=identity, try_=try_)

    async def send(self, job_type: str, body: bytes, *, deduplication_id: str, try_: int = 1) -> bool:
        """Whether the queue took the message."""
        self._queue.prepare()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._queue.send(self._message(job_type, body, deduplication_id, try_))
            return True
        except (TimeoutError, QueueUnavailableError, MessageTooLargeError) as error:
            reason = str(error) or type(error).__name__
            logger.warning("not published", job_type=job_type, deduplication_id=deduplication_id, reason=reason)
            count("PublishFailed")
            return False

    def _message(self, job_type: str, body: bytes, deduplication_id: str, try_: int) -> Message:
        url = f"{self._delivery_url}/api/jobs/{job_type}"
        return Message(
            url=url,
            body=body,
            headers={"Content-Type": "application/json"},
            try_=try_,
            deduplication_id=deduplication_id,
            retries=self._retries,
            retry_pause_seconds=self._retry_pause_seconds,
            timeout_seconds=self._timeout_seconds,
            flow_control=FlowControl(job_type, parallelism=self._parallelism[job_type]),
            failure_callback_url=f"{url}/failed",
        )
