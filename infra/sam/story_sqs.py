"""What is shown of Amazon SQS through `sam local`: an export whose message the function that consumes is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from infra.local.gateway.messages import make_event
from infra.local.gateway.sqs import SqsQueue
from infra.sam.story import EXPORTS, until_ready
from infra.sam.talk import Talk, must


async def export(talk: Talk, queue: SqsQueue, consume: Callable[[dict[str, Any]], Awaitable[Any]]) -> None:
    """consume: runs the function that on AWS the event source mapping of the queue runs."""
    await talk.ask("GET", "/api/session", 200, "a session begins")
    asked = (await talk.ask("POST", EXPORTS, 202, "asked for", json={})).json()
    messages = await queue.receive(10)
    must(len(messages) == 1, f"the queue has {len(messages)} messages for one export")
    done = await consume(make_event(messages, queue))
    must(done == {"batchItemFailures": []}, f"the batch ended as {done}")
    talk.note("`sam local invoke ConsumeFunction` did its work, and the message may go")
    await queue.delete(message["ReceiptHandle"] for message in messages)
    run = await until_ready(talk, asked["href"])
    await talk.ask("GET", run["links"][0]["url"], 200, "the file")
