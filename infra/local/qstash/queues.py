"""Queues: messages delivered in the order they came. https://upstash.com/docs/qstash/features/queues

"The next message will be ACTIVE only after the last message is either DELIVERED or FAILED", and "will wait for
callbacks or failure callbacks to finish". Not documented, chosen here: a delayed message joins its queue when it is
due; deleting a queue cancels what waits in it, but not what is being delivered.
"""

import contextlib
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from infra.local.qstash import limits
from infra.local.qstash.clock import Clock
from infra.local.qstash.errors import InvalidRequestError, LimitError, NotFoundError
from infra.local.qstash.line import Line
from infra.local.qstash.message import Message

_NAME = re.compile(r"[A-Za-z0-9._-]{1,256}")


class Queue:
    """One queue; times are Unix milliseconds."""

    def __init__(self, name: str, now: int) -> None:
        self.name = name
        self.created_at = self.updated_at = now
        self.parallelism = 1
        self.paused = False
        self.active: set[str] = set()
        """Ids of the messages whose turn it is."""
        self.line = Line(self._take)

    def leave(self, message: Message) -> None:
        """The turn of `message` is over."""
        self.active.discard(message.id)
        self.line.advance()

    def as_json(self, lag: int) -> dict[str, Any]:
        """Schema Queue; `lag` is the number of its messages that are not processed yet."""
        return {
            "name": self.name,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "parallelism": self.parallelism,
            "paused": self.paused,
            "lag": lag,
        }

    def _take(self, message: Message) -> bool:
        free = not self.paused and len(self.active) < self.parallelism
        if free:
            self.active.add(message.id)
        return free


class Queues:
    """All queues, by name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queues: dict[str, Queue] = {}

    def of(self, message: Message) -> Queue | None:
        """The queue `message` is in, made if it is not there; None for a message outside any queue."""
        name = message.publication.origin.queue
        return None if name is None else self.ensure(name)

    def ensure(self, name: str) -> Queue:
        """The queue of that name, made if it is not there: "Enqueues a message, after creating the queue"."""
        require_name(name)
        if name not in self._queues:
            if len(self._queues) >= limits.MAX_QUEUES:
                raise LimitError(f"exceeded the maximum number of queues allowed: {limits.MAX_QUEUES}")
            self._queues[name] = Queue(name, self._clock.milliseconds())
        return self._queues[name]

    def get(self, name: str) -> Queue:
        """NotFoundError if there is none."""
        require_name(name)
        if name not in self._queues:
            raise NotFoundError(f"queue {name} not found")
        return self._queues[name]

    def change(self, queue: Queue, *, parallelism: int | None = None, paused: bool | None = None) -> None:
        """Set what is given; whoever may pass now does."""
        if parallelism is not None and parallelism < 1:
            raise InvalidRequestError("parallelism must be greater than 0")
        before = (queue.parallelism, queue.paused)
        queue.parallelism = queue.parallelism if parallelism is None else parallelism
        queue.paused = queue.paused if paused is None else paused
        if (queue.parallelism, queue.paused) != before:
            queue.updated_at = self._clock.milliseconds()
        queue.line.advance()

    def drop(self, name: str, pending: Iterable[Message]) -> list[Message]:
        """Forget the queue; returns those of `pending` that were waiting for it."""
        require_name(name)
        active = self._queues.pop(name).active if name in self._queues else set()
        return [each for each in pending if each.publication.origin.queue == name and each.id not in active]

    @contextlib.asynccontextmanager
    async def turn(self, message: Message) -> AsyncIterator[None]:
        """Wait until it is the turn of `message`, and keep the others waiting meanwhile. Canceled, it waits no more."""
        if message.canceled.is_set() or (queue := self.of(message)) is None:
            yield
            return
        await queue.line.wait(message)
        try:
            yield
        finally:
            queue.leave(message)

    def __iter__(self) -> Iterator[Queue]:
        return iter(list(self._queues.values()))


def require_name(name: str) -> None:
    """InvalidRequestError unless a queue may have this name."""
    if not _NAME.fullmatch(name):
        raise InvalidRequestError(
            "queue name is invalid: it can only contain alphanumeric characters, hyphens, periods, and underscores"
        )
