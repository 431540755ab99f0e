"""Functions that a queue of SQS has messages for, as Lambda's event source mapping calls them.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from infra.local.gateway.access_log import AccessLog
from infra.local.gateway.errors import InvocationError
from infra.local.gateway.pool import Pool
from infra.local.gateway.sqs import Message, SqsError, SqsQueue

TROUBLE_PAUSE_SECONDS = 0.5
# https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html: the record's names of what SQS calls otherwise.
FIRST_LETTER_LOWER = ("StringValue", "BinaryValue", "DataType")


@asynccontextmanager
async def mapped(pools: list[Pool], queue: SqsQueue | None, log: AccessLog) -> AsyncIterator[None]:
    """While the block runs, every function that takes messages is given those of the queue."""
    async with AsyncExitStack() as stack:
        if queue is not None:
            await stack.enter_async_context(queue)
            for pool in pools:
                if pool.function.messages is not None:
                    await stack.enter_async_context(EventSourceMapping(pool, queue, log).running())
        yield


class EventSourceMapping:
    """pool: of a function with `messages`."""

    def __init__(self, pool: Pool, queue: SqsQueue, log: AccessLog) -> None:
        assert pool.function.messages
        self._pool, self._queue, self._log = pool, queue, log
        self._messages = pool.function.messages
        self._free = asyncio.Semaphore(self._messages.at_once)
        self._batches: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        fetching = asyncio.create_task(self._fetch())
        try:
            yield
        finally:
            for task in (fetching, *self._batches):
                task.cancel()
            await asyncio.gather(fetching, *self._batches, return_exceptions=True)

    async def _fetch(self) -> None:
        """Nothing is fetched that no function has time for: it would only be hidden from others."""
        while True:
            await self._free.acquire()
            try:
                messages = await self._queue.receive(self._messages.batch_size)
            except SqsError as error:
                self._log.write(route="messages", function=self._pool.function.name, error=f"SQS: {error}")
                messages = []
                await asyncio.sleep(TROUBLE_PAUSE_SECONDS)
            if not messages:
                self._free.release()
                continue
            batch = asyncio.create_task(self._take(messages))
            self._batches.add(batch)
            batch.add_done_callback(self._batches.discard)

    async def _take(self, messages: list[Message]) -> None:
        """One event. What succeeded is deleted; the rest comes back when its visibility timeout ends."""
        loop = asyncio.get_running_loop()
        began, left = loop.time(), len(messages)
        outcome: dict[str, object]
        try:
            result, cold = await self._pool.invoke(make_event(messages, self._queue), by_http=False)
            failed = failures(result, messages) if self._messages.reports_failures else set()
            await self._queue.delete(each["ReceiptHandle"] for each in messages if each["MessageId"] not in failed)
            outcome, left = {"outcome": "ok", "cold_start": cold}, len(failed)
        except (InvocationError, SqsError) as error:
            outcome = {"outcome": type(error).__name__, "error": str(error)}
        finally:
            self._free.release()
        name, milliseconds = self._pool.function.name, round((loop.time() - began) * 1000, 1)
        self._log.write(
            route="messages", function=name, duration_ms=milliseconds, messages=len(messages), left=left, **outcome
        )


def make_event(messages: list[Message], queue: SqsQueue) -> dict[str, Any]:
    return {"Records": [make_record(message, queue.region, queue.name) for message in messages]}


def make_record(message: Message, region: str, queue_name: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {key[0].lower() + key[1:]: value for key, value in attribute.items() if key in FIRST_LETTER_LOWER}
            for name, attribute in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{region}:000000000000:{queue_name}",
        "awsRegion": region,
    }


def failures(result: Any, messages: list[Message]) -> set[str]:
    """The ids of what stays in the queue. What Lambda cannot read counts as a failure of all.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    ids = {message["MessageId"] for message in messages}
    if not result:
        return set()
    try:
        told = [failure["itemIdentifier"] for failure in result.get("batchItemFailures") or []]
        return set(told) if set(told) <= ids else ids
    except (AttributeError, KeyError, TypeError):
        return ids
