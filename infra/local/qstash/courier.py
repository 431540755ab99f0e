"""Carries one message to its end: waits, tries, tries again, reports.

One task per message, started by the publish; nothing polls. What later orders deliveries (queues, flow control) belongs
where `_slots` is taken: it decides when an attempt may begin, and the rest need not know.
"""

import asyncio
from collections.abc import Callable

import httpx

from infra.local.qstash import callbacks, limits
from infra.local.qstash.attempt import Attempt, send
from infra.local.qstash.clock import Clock
from infra.local.qstash.dead_letters import DeadLetters
from infra.local.qstash.journal import Journal, State
from infra.local.qstash.message import Message
from infra.local.qstash.process_log import address, log
from infra.local.qstash.publication import Publication
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
        publish: Callable[[Publication], object],
        keep_retry_after: bool = False,
    ) -> None:
        self._clock, self._keys, self._client = clock, keys, client
        self._journal, self._dead_letters, self._publish = journal, dead_letters, publish
        self._keep_retry_after = keep_retry_after
        self._slots = asyncio.Semaphore(limits.MAX_CONCURRENT_ATTEMPTS)

    async def carry(self, message: Message) -> None:
        """Deliver `message`, however many attempts that takes; returns when it is delivered, failed or canceled."""
        if message.delay:
            await self._clock.wait(message.delay / self._clock.speed, message.canceled)
        while not message.canceled.is_set():
            attempt = await self._attempt(message)
            if attempt.delivered:
                self._delivered(message, attempt)
                return
            if not message.canceled.is_set():
                if attempt.final or message.retried >= message.retries:
                    self._failed(message, attempt)
                    return
                await self._pause(message, attempt)
        self._journal.record(State.CANCELED, message)
        log("canceled", message_id=message.id)

    async def _attempt(self, message: Message) -> Attempt:
        async with self._slots:
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

    async def _pause(self, message: Message, attempt: Attempt) -> None:
        wished = wished_seconds(attempt.headers, self._clock.now())
        if wished is None:
            seconds = backoff_seconds(message.retry_delay, message.retried) / self._clock.speed
        else:
            seconds = wished if self._keep_retry_after else wished / self._clock.speed
        due = self._clock.milliseconds() + int(seconds * 1000)
        self._journal.record(State.ERROR, message, attempt, due)
        self._report(callbacks.after_attempt(message, attempt))
        self._journal.record(State.RETRY, message, next_delivery=due)
        await self._clock.wait(seconds, message.canceled)
        message.retried += 1

    def _delivered(self, message: Message, attempt: Attempt) -> None:
        self._journal.record(State.DELIVERED, message)
        self._report(callbacks.after_attempt(message, attempt))

    def _failed(self, message: Message, attempt: Attempt) -> None:
        self._journal.record(State.ERROR, message, attempt)
        dlq_id = self._dead_letters.add(message, attempt)
        self._journal.record(State.FAILED, message, attempt)
        log("failed", message_id=message.id, dlq_id=dlq_id)
        self._report(callbacks.after_attempt(message, attempt))
        self._report(callbacks.after_failure(message, attempt, dlq_id))

    def _report(self, publication: Publication | None) -> None:
        if publication is not None:
            self._publish(publication)
