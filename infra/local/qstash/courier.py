"""Carries one message to its end: waits, tries, tries again, reports.

One task per message, started by the publish; nothing polls. A message in a queue waits for its turn and keeps it to its
end; each attempt waits until flow control lets it pass. Neither knows of the other.
"""

import asyncio
from collections.abc import Callable

import httpx

from infra.local.qstash import callbacks
from infra.local.qstash.attempt import Attempt, send
from infra.local.qstash.clock import Clock
from infra.local.qstash.dead_letters import DeadLetters
from infra.local.qstash.flow_control import FlowControl
from infra.local.qstash.journal import Journal, State
from infra.local.qstash.message import Message
from infra.local.qstash.process_log import address, log
from infra.local.qstash.publication import Publication
from infra.local.qstash.queues import Queues
from infra.local.qstash.retry import backoff_seconds, wished_seconds
from infra.local.qstash.signing import SigningKeys


class Courier:
    """Delivers; keeps no message itself."""

    def __init__(
        self,
        *,
        clock: Clock,
        keys: SigningKeys,
        client: httpx.AsyncClient,
        journal: Journal,
        dead_letters: DeadLetters,
        queues: Queues,
        flow: FlowControl,
        publish: Callable[[Publication], Message | None],
        ended: Callable[[Message], None],
        keep_retry_after: bool = False,
    ) -> None:
        self._clock, self._keys, self._client = clock, keys, client
        self._journal, self._dead_letters = journal, dead_letters
        self._queues, self._flow = queues, flow
        self._publish, self._ended = publish, ended
        self._keep_retry_after = keep_retry_after

    async def carry(self, message: Message) -> None:
        """Deliver `message`, however many attempts that takes. In a queue, return only when its callbacks have ended
        too, which the next message waits for."""
        if message.delay:
            await self._clock.wait(message.delay / self._clock.speed, message.canceled)
        async with self._queues.turn(message):
            reports: list[asyncio.Event] = []
            try:
                await self._deliver(message, reports)
            except Exception as error:
                # A bug of ours is no reason to lose what was entrusted.
                log("internal error", message_id=message.id, error=repr(error))
                self._failed(message, Attempt(0, error="internal error"), reports)
            self._ended(message)
            if message.publication.origin.queue is not None:
                for ended in reports:
                    await ended.wait()

    async def _deliver(self, message: Message, reports: list[asyncio.Event]) -> None:
        while not message.canceled.is_set():
            attempt = await self._attempt(message)
            if attempt is None:
                break
            if attempt.delivered:
                self._delivered(message, attempt, reports)
                return
            if not message.canceled.is_set():
                if attempt.final or message.retried >= message.retries:
                    self._failed(message, attempt, reports)
                    return
                await self._pause(message, attempt, reports)
        self._journal.record(State.CANCELED, message)
        log("canceled", message_id=message.id)

    async def _attempt(self, message: Message) -> Attempt | None:
        """One attempt once flow control lets it pass; None where the message was canceled first."""
        async with self._flow.passage(message) as passed:
            if not passed:
                return None
            self._journal.record(State.ACTIVE, message)
            signature = self._keys.sign(message.url, message.body, self._clock.now())
            attempt = await send(self._client, message, signature)
        log(
            "attempt",
            message_id=message.id,
            url=address(message.url),
            retried=message.retried,
            status=attempt.status,
            **({"error": attempt.error} if attempt.error else {}),
        )
        return attempt

    async def _pause(self, message: Message, attempt: Attempt, reports: list[asyncio.Event]) -> None:
        wished = wished_seconds(attempt.headers, self._clock.now())
        if wished is None:
            seconds = backoff_seconds(message.retry_delay, message.retried) / self._clock.speed
        else:
            seconds = wished if self._keep_retry_after else wished / self._clock.speed
        due = self._clock.milliseconds() + int(seconds * 1000)
        self._journal.record(State.ERROR, message, attempt, due)
        self._report(callbacks.after_attempt(message, attempt), reports)
        self._journal.record(State.RETRY, message, next_delivery=due)
        await self._clock.wait(seconds, message.canceled)
        message.retried += 1

    def _delivered(self, message: Message, attempt: Attempt, reports: list[asyncio.Event]) -> None:
        message.delivered = True
        self._journal.record(State.DELIVERED, message)
        self._report(callbacks.after_attempt(message, attempt), reports)

    def _failed(self, message: Message, attempt: Attempt, reports: list[asyncio.Event]) -> None:
        self._journal.record(State.ERROR, message, attempt)
        dlq_id = self._dead_letters.add(message, attempt)
        self._journal.record(State.FAILED, message, attempt)
        log("failed", message_id=message.id, dlq_id=dlq_id)
        self._report(callbacks.after_attempt(message, attempt), reports)
        self._report(callbacks.after_failure(message, attempt, dlq_id), reports)

    def _report(self, publication: Publication | None, reports: list[asyncio.Event]) -> None:
        """Publish a callback, if there is one, and note the event of its end."""
        if publication is not None and (message := self._publish(publication)) is not None:
            reports.append(message.ended)
