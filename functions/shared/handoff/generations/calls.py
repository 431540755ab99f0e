"""The calls that make images: what the queue sends to the provider, and what is recorded once it has them."""

from collections.abc import Sequence
from dataclasses import dataclass

from handoff.database import Database, load_queries
from handoff.generations.providers.base import ImageProvider, Picture
from handoff.jobs.outgoing import DueMessage, Outgoing, deduplication_id
from handoff.jobs.queues.base import FlowControl, Message

QUERIES = load_queries("generations")


@dataclass(frozen=True)
class CallLimits:
    """How the queue may call the provider. What is None of a rate or a parallelism is not limited."""

    retries: int
    """Attempts after the first."""
    retry_pause_seconds: int
    timeout_seconds: int
    rate_per_minute: int | None
    parallelism: int | None


@dataclass(frozen=True)
class CalledRun:
    message_id: str
    is_unwanted: bool


class ImageCalls(Outgoing):
    """One call to the provider for each image; the answers come to /api/worker/{provider}/{id}."""

    def __init__(self, database: Database, provider: ImageProvider, limits: CallLimits, *, delivery_url: str) -> None:
        self._database = database
        self._provider = provider
        self._limits = limits
        self._delivery_url = delivery_url

    def message(self, run: DueMessage) -> Message:
        call = self._provider.call(Picture(**run.parameters))
        limits = self._limits
        return Message(
            url=call.url,
            body=call.body,
            headers=call.headers,
            try_=run.try_,
            deduplication_id=deduplication_id(run),
            retries=limits.retries,
            retry_pause_seconds=limits.retry_pause_seconds,
            timeout_seconds=limits.timeout_seconds,
            flow_control=FlowControl(
                self._provider.name, rate=limits.rate_per_minute, period_seconds=60, parallelism=limits.parallelism
            ),
            credential=self._provider.credential,
            callback_url=self._answer_url(run, ""),
            failure_callback_url=self._answer_url(run, "/failed"),
        )

    def taken(self, runs: Sequence[tuple[DueMessage, str]]) -> Sequence[str]:
        called = self._database.rows(
            QUERIES["mark_called"], CalledRun,
            ids=[run.id for run, _ in runs], tries=[run.try_ for run, _ in runs],
            message_ids=[message_id for _, message_id in runs],
        )  # fmt: skip
        return [run.message_id for run in called if run.is_unwanted]

    def _answer_url(self, run: DueMessage, what: str) -> str:
        """The try stands in the query, which the queue's signature covers: the call's body is the provider's own."""
        return f"{self._delivery_url}/api/worker/{self._provider.name}/{run.id}{what}?try={run.try_}"
