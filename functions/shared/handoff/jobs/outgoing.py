"""What a run's message is, by the type of its job: a message to our own job's address, or a call made on our behalf."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from handoff.jobs.messages import RunMessage, to_body
from handoff.jobs.queues.base import FlowControl, Message


@dataclass(frozen=True)
class DueMessage:
    """A run whose message is to be sent. `parameters` are what was asked for."""

    id: UUID
    job_type: str
    try_: int
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Outgoing(ABC):
    """The messages of one job type."""

    @abstractmethod
    def message(self, run: DueMessage) -> Message:
        """What the queue is to do for it."""

    def taken(self, runs: Sequence[tuple[DueMessage, str]]) -> Sequence[str]:
        """The queue has these runs' messages, under these ids of its own. Which of those nobody wants any more."""
        return ()


class JobMessages(Outgoing):
    """Deliveries to /api/jobs/{type}. A run's has ids only, never what the run is about."""

    def __init__(
        self,
        job_type: str,
        *,
        delivery_url: str,
        retries: int,
        retry_pause_seconds: int,
        timeout_seconds: int,
        parallelism: int,
    ) -> None:
        """`parallelism`: how many deliveries may be under way, so that no job type keeps the others waiting."""
        self._url = f"{delivery_url}/api/jobs/{job_type}"
        self._flow_control = FlowControl(job_type, parallelism=parallelism)
        self._retries = retries
        self._retry_pause_seconds = retry_pause_seconds
        self._timeout_seconds = timeout_seconds

    def message(self, run: DueMessage) -> Message:
        return self.message_with(to_body(RunMessage(run.id, run.try_)), deduplication_id(run), try_=run.try_)

    def message_with(self, body: bytes, deduplication_id: str, *, try_: int = 1) -> Message:
        """Of a job that is no run."""
        return Message(
            url=self._url,
            body=body,
            headers={"Content-Type": "application/json"},
            try_=try_,
            deduplication_id=deduplication_id,
            flow_control=self._flow_control,
            retries=self._retries,
            retry_pause_seconds=self._retry_pause_seconds,
            timeout_seconds=self._timeout_seconds,
            failure_callback_url=f"{self._url}/failed",
        )


def deduplication_id(run: DueMessage) -> str:
    """Each try has its own: the queue would swallow a real retry that came within its memory."""
    return f"{run.id}-{run.try_}"
