"""The runs: each waits for its time and its turn, and is attempted until it is done.

In memory: a server that is killed forgets them, and Handoff's outbox sends them again.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from infra.local.qstash.clock import Clock
from infra.local.trigger_dev.log import address, log
from infra.local.trigger_dev.node import CrashedError, Node
from infra.local.trigger_dev.requests import TriggerRequest

LIMITED_QUEUE = re.compile(r"handoff-parallel-(\d+)")
"""infra/trigger_dev/trigger/queues.ts"""
CRASH_PAUSE_SECONDS = 5.0


@dataclass
class Run:
    """`status` as in https://trigger.dev/docs/runs; `told` is what the last attempt said of itself."""

    request: TriggerRequest
    id: str = field(default_factory=lambda: f"run_{secrets.token_hex(12)}")
    status: str = "QUEUED"
    attempts: int = 0
    canceled: asyncio.Event = field(default_factory=asyncio.Event)
    due: float = 0.0
    told: str = ""
    tags: set[str] = field(default_factory=set)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def is_over(self) -> bool:
        return self.status in ("COMPLETED", "FAILED", "CANCELED", "EXPIRED")


class Runs:
    def __init__(self, node: Node, clock: Clock) -> None:
        self._node, self._clock = node, clock
        self._runs: dict[str, Run] = {}
        self._keys: dict[str, tuple[str, float]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots: dict[tuple[str, str], asyncio.Semaphore] = {}

    def trigger(self, request: TriggerRequest) -> tuple[Run, bool]:
        """The run, and whether it was there already: https://trigger.dev/docs/idempotency"""
        key, now = request.idempotency_key, self._clock.now()
        if key in self._keys:
            run_id, until = self._keys[key]
            # "When a run with an idempotency key fails, the key is automatically cleared."
            if now < until and self._runs[run_id].status not in ("FAILED", "EXPIRED"):
                return self._runs[run_id], True
        run = Run(request, due=now + request.delay_seconds / self._clock.speed, tags=set(request.tags))
        self._runs[run.id] = run
        if key is not None:
            self._keys[key] = (run.id, now + request.memory_seconds)
        log("triggered", run=run.id, url=address(request.payload))
        task = asyncio.create_task(self._carry(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run, False

    def replay(self, run: Run) -> Run:
        """Another run of the same request, at once: https://trigger.dev/docs/management/runs/replay"""
        return self.trigger(replace(run.request, idempotency_key=None, delay_seconds=0.0))[0]

    def get(self, run_id: str) -> Run | None:
        return self._runs.get(run_id)

    def all(self) -> list[Run]:
        return list(self._runs.values())

    def cancel(self, run: Run) -> None:
        """An attempt that is under way is cut off. One that is over stays what it is."""
        if not run.is_over:
            run.status = "CANCELED"
            run.canceled.set()
            log("canceled", run=run.id)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._node.close()

    async def _carry(self, run: Run) -> None:
        await self._wait(run, run.due - self._clock.now())
        while not run.is_over:
            async with self._slot(run):
                if run.is_over or self._has_expired(run):
                    return
                pause = await self._attempt(run)
            await self._wait(run, pause)

    async def _attempt(self, run: Run) -> float:
        """The pause before the next one, where there is one."""
        run.status = "EXECUTING"
        run.attempts += 1
        try:
            outcome = await self._node.attempt(run.request.payload, run.id, run.attempts, run.canceled)
        except CrashedError:
            outcome = {"kind": "again", "told": "crashed", "reports": [], "pauseSeconds": CRASH_PAUSE_SECONDS}
        if outcome is None or run.is_over:
            return 0.0
        run.told = outcome["told"]
        log("attempt", run=run.id, number=run.attempts, told=run.told)
        for report in outcome["reports"]:
            self._report(run, report)
        if outcome["kind"] == "again" and run.attempts < (run.request.max_attempts or 4):
            pause: float = outcome["pauseSeconds"]
            # A Retry-After is about another's clock, which the speed does not change.
            return pause if outcome.get("pauseIsTheirs") else pause / self._clock.speed
        run.status = "COMPLETED" if outcome["kind"] == "delivered" else "FAILED"
        log("ended", run=run.id, status=run.status)
        return 0.0

    def _report(self, run: Run, report: Any) -> None:
        """As trigger/deliver.ts asks for it; within a run, an idempotency key is the run's own."""
        payload = report["payload"]
        key = f"{run.id} {report['once']}"
        self.trigger(TriggerRequest(payload, max_attempts=payload["retries"] + 1, idempotency_key=key))

    def _has_expired(self, run: Run) -> bool:
        """ "If the run does not start within the TTL": https://trigger.dev/docs/runs#time-to-live-ttl"""
        ttl = run.request.ttl_seconds
        if ttl is None or run.attempts or self._clock.now() - run.due <= ttl:
            return False
        run.status = "EXPIRED"
        log("expired", run=run.id)
        return True

    def _slot(self, run: Run) -> AbstractAsyncContextManager[Any]:
        """https://trigger.dev/docs/queue-concurrency: each key has the queue's number to itself."""
        limited = LIMITED_QUEUE.fullmatch(run.request.queue or "")
        if limited is None:
            return nullcontext()
        name = (limited[0], run.request.concurrency_key or "")
        return self._slots.setdefault(name, asyncio.Semaphore(int(limited[1])))

    async def _wait(self, run: Run, seconds: float) -> None:
        if seconds > 0 and not run.is_over:
            run.status = "DELAYED"
            await self._clock.wait(seconds, run.canceled)
        if not run.is_over:
            run.status = "QUEUED"
