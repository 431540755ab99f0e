"""Functions that run by the clock, as EventBridge would start them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from infra.local.gateway.access_log import AccessLog
from infra.local.gateway.errors import InvocationError
from infra.local.gateway.pool import Pool

FIRST_AFTER_SECONDS = 2.0


@asynccontextmanager
async def schedules(pools: list[Pool], log: AccessLog, interval: float | None) -> AsyncIterator[None]:
    """Runs every scheduled function until the block ends. interval: seconds, in place of what the template says."""
    tasks = [
        asyncio.create_task(run_regularly(pool, interval or seconds, log))
        for pool in pools
        for seconds in pool.function.schedules
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def run_regularly(pool: Pool, seconds: float, log: AccessLog) -> None:
    """A run that takes longer than the interval is not overtaken, unlike on AWS, where two may run at once."""
    loop = asyncio.get_running_loop()
    # The first one soon: whatever the last run of the stack left unfinished need not wait a whole interval.
    due = loop.time() + min(seconds, FIRST_AFTER_SECONDS)
    while True:
        await asyncio.sleep(max(0.0, due - loop.time()))
        due = max(due + seconds, loop.time())
        began = loop.time()
        try:
            _, cold = await pool.invoke(make_scheduled_event(), by_http=False)
            outcome: dict[str, object] = {"outcome": "ok", "cold_start": cold}
        except InvocationError as error:
            outcome = {"outcome": type(error).__name__, "error": str(error)}
        log.write(
            route="schedule", function=pool.function.name, duration_ms=round((loop.time() - began) * 1000, 1), **outcome
        )


def make_scheduled_event() -> dict[str, Any]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html"""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "local",
        "resources": [],
        "detail": {},
    }
