"""Messages that wait for their turn: each queue and each flow control key has a line, and so has the service."""

import asyncio
from collections.abc import Callable
from typing import Any

from infra.local.qstash.message import Message


class Line:
    """First come, first served. Whoever is canceled leaves."""

    def __init__(self, take: Callable[[Message], bool]) -> None:
        """`take` takes a place for a message and says so; False where none is free, and then nobody passes."""
        self._take = take
        self._waiting: dict[str, tuple[Message, asyncio.Future[None]]] = {}

    async def wait(self, message: Message) -> bool:
        """Wait for a place; False if `message` was canceled first. The place is given back by whoever gave it."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[message.id] = (message, turn)
        self.advance()
        if not turn.done():
            canceled: asyncio.Future[Any] = asyncio.ensure_future(message.canceled.wait())
            try:
                await asyncio.wait([turn, canceled], return_when=asyncio.FIRST_COMPLETED)
            finally:
                canceled.cancel()
                self._waiting.pop(message.id, None)
        return turn.done()

    def advance(self) -> None:
        """Let pass as many as there are places; to be called whenever a place may have become free."""
        while self._waiting:
            message_id, (message, turn) = next(iter(self._waiting.items()))
            if not message.canceled.is_set():
                if not self._take(message):
                    return
                turn.set_result(None)
            del self._waiting[message_id]

    def __len__(self) -> int:
        return sum(not message.canceled.is_set() for message, _ in self._waiting.values())
