"""All schedules, and one task for each that publishes when it is time.

https://upstash.com/docs/qstash/features/schedules ; https://upstash.com/docs/qstash/api-reference/schedules
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from infra.local.qstash import limits
from infra.local.qstash.bounded import Bounded
from infra.local.qstash.clock import Clock
from infra.local.qstash.cron import Cron
from infra.local.qstash.errors import InvalidRequestError, LimitError, NotFoundError, QStashError
from infra.local.qstash.headers import first
from infra.local.qstash.message import Message
from infra.local.qstash.process_log import log
from infra.local.qstash.publication import Publication
from infra.local.qstash.queues import require_name
from infra.local.qstash.schedule import Schedule
from infra.local.qstash.signing import random_id

_ID = re.compile(r"[A-Za-z0-9._-]{1,256}")


class Schedules:
    """By id. None is forgotten: where there is no room for another, it is refused."""

    def __init__(
        self, clock: Clock, publish: Callable[[Publication], list[Message]], is_url_group: Callable[[str], bool]
    ) -> None:
        """`publish` returns the messages it made."""
        self._clock, self._publish, self._is_url_group = clock, publish, is_url_group
        self._schedules: Bounded[Schedule] = Bounded(limits.MAX_SCHEDULES, limits.MAX_KEPT_BYTES)
        self._tasks: set[asyncio.Task[None]] = set()

    def create(self, publication: Publication) -> Schedule:
        """From a request with Upstash-Cron; one with the same Upstash-Schedule-Id is discarded.

        Raises InvalidRequestError, and LimitError where there is no room.
        """
        schedule_id = first(publication.headers, "upstash-schedule-id") or "scd_" + random_id(28)
        if not _ID.fullmatch(schedule_id):
            raise InvalidRequestError(
                "schedule id is invalid: it can only contain alphanumeric characters, hyphens, periods, and underscores"
            )
        queue = first(publication.headers, "upstash-queue-name")
        if queue is not None:
            require_name(queue)
        schedule = Schedule(
            schedule_id,
            Cron.parse(first(publication.headers, "upstash-cron")),
            replace(publication, origin=replace(publication.origin, queue=queue, schedule_id=schedule_id)),
            self._clock.now(),
            self._clock.speed,
            self._is_url_group(publication.destination),
        )
        size = len(publication.body)
        if self._schedules.get(schedule_id) is None and not self._schedules.fits(size):
            raise LimitError("exceeded the maximum number of schedules allowed")
        self.delete(schedule_id)
        self._schedules.put(schedule_id, schedule, size)
        task = asyncio.create_task(self._run(schedule))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return schedule

    def get(self, schedule_id: str) -> Schedule:
        """NotFoundError if there is none."""
        schedule = self._schedules.get(schedule_id)
        if schedule is None:
            raise NotFoundError(f"schedule {schedule_id} not found")
        return schedule

    def delete(self, schedule_id: str) -> None:
        """It publishes nothing more; what it published goes on. Nothing where there is none."""
        if schedule := self._schedules.take(schedule_id):
            schedule.ended.set()

    async def close(self) -> None:
        """Stop them all."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, schedule: Schedule) -> None:
        while (seconds := schedule.seconds_until_next(self._clock.now())) is not None:
            if seconds > 0:
                await self._clock.wait(seconds, schedule.ended)
                if schedule.ended.is_set():
                    return
                continue  # a wait may end a little early
            if not schedule.paused:  # "the cron trigger will simply be ignored"
                self._trigger(schedule)
            schedule.advance(self._clock.now())

    def _trigger(self, schedule: Schedule) -> None:
        schedule.last, schedule.error, schedule.messages = self._clock.now(), None, []
        try:
            schedule.messages = self._publish(schedule.publication)
        except QStashError as exc:
            schedule.error = str(exc)
            log("schedule failed", schedule_id=schedule.id, error=str(exc))

    def __iter__(self) -> Iterator[Schedule]:
        return iter(self._schedules)
