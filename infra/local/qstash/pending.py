"""The messages on their way, each with the task that carries it."""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator

from infra.local.qstash import limits
from infra.local.qstash.bounded import Bounded
from infra.local.qstash.errors import NotFoundError
from infra.local.qstash.journal import Journal, State
from infra.local.qstash.message import Message
from infra.local.qstash.process_log import address, log


class Pending:
    """By id, oldest first. None is forgotten: whoever adds one asks `fits` first."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._messages: Bounded[Message] = Bounded(limits.MAX_PENDING, limits.MAX_KEPT_BYTES)
        self._tasks: set[asyncio.Task[None]] = set()

    def fits(self, size: int, count: int = 1) -> bool:
        """Whether there is room for `count` more, with bodies of `size` bytes in all."""
        return self._messages.fits(size, count)

    def start(self, message: Message, carry: Coroutine[None, None, None]) -> None:
        """Add it, and run what carries it."""
        self._messages.put(message.id, message, len(message.body))
        self._journal.record(State.CREATED, message)
        log("accepted", message_id=message.id, url=address(message.url))
        task = asyncio.create_task(carry)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(message, done))

    def end(self, message: Message) -> None:
        """There will be no other attempt of it; its task may have more to do."""
        self._messages.take(message.id)
        message.ended.set()

    def cancel(self, messages: Iterable[Message]) -> int:
        """Stop delivering those of them that are on their way. Returns how many."""
        canceled = [message for message in messages if self._messages.take(message.id)]
        for message in canceled:
            self._journal.record(State.CANCEL_REQUESTED, message)
            message.canceled.set()
        return len(canceled)

    def find(self, message_id: str) -> Message | None:
        """The message, or None."""
        return self._messages.get(message_id)

    def get(self, message_id: str) -> Message:
        """NotFoundError if it is not on its way."""
        message = self.find(message_id)
        if message is None:
            raise NotFoundError(f"message {message_id} not found")
        return message

    @property
    def carried(self) -> int:
        """How many tasks are not done: a canceled message's attempt is not cut off, and in a queue a delivered
        message's task waits for its callbacks."""
        return len(self._tasks)

    async def close(self) -> None:
        """Drop them all."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, message: Message, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        self.end(message)
        if not task.cancelled() and (error := task.exception()):
            log("internal error", message_id=message.id, error=repr(error))

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages)
