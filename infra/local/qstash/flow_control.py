"""Where an attempt waits until it may begin: for its flow control key, then for the parallelism of all.

https://upstash.com/docs/qstash/features/flowcontrol
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from infra.local.qstash import limits
from infra.local.qstash.clock import Clock
from infra.local.qstash.errors import LimitError, NotFoundError
from infra.local.qstash.flow_key import FlowKey
from infra.local.qstash.flow_options import FlowOptions
from infra.local.qstash.line import Line
from infra.local.qstash.message import Message


class FlowControl:
    """All keys. A key without anything to keep or to do is forgotten once there are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: dict[str, FlowKey] = {}
        self._line = Line(self._take)
        self.active = 0
        """Attempts under way, those without a key included."""

    def configure(self, options: FlowOptions) -> FlowKey:
        """An incoming message says what limits its key has."""
        key = self.find(options.key) or self._new(options.key)
        key.configure(options)
        return key

    def ensure(self, key: str) -> FlowKey:
        """The key's state, made if there is none; LimitError where too many are in use."""
        if key not in self._keys:
            self._forget_idle()
            if len(self._keys) >= limits.MAX_FLOW_KEYS:
                raise LimitError(f"exceeded the maximum number of flow control keys in use: {limits.MAX_FLOW_KEYS}")
        return self.find(key) or self._new(key)

    def find(self, key: str) -> FlowKey | None:
        """The key's state, or None."""
        return self._keys.get(key)

    def get(self, key: str) -> FlowKey:
        """NotFoundError if no message has come with it."""
        if key not in self._keys:
            raise NotFoundError(f"flow control key {key} not found")
        return self._keys[key]

    @contextlib.asynccontextmanager
    async def passage(self, message: Message) -> AsyncIterator[bool]:
        """Wait until an attempt of `message` may begin, and hold its places meanwhile; False when it was canceled."""
        key = None if message.flow is None else self.find(message.flow.key) or self.configure(message.flow)
        if key is not None and not await key.line.wait(message):
            yield False
            return
        try:
            if not await self._line.wait(message):
                yield False
                return
            try:
                yield True
            finally:
                self.active -= 1
                self._line.advance()
        finally:
            if key is not None:
                key.leave()

    def close(self) -> None:
        """Stop every timer."""
        for key in self._keys.values():
            key.close()

    def as_json(self) -> list[dict[str, Any]]:
        """Every key; the name of who waits for the parallelism of all is "$", as the vendor's."""
        waiting = [{"flowControlKey": "$", "waitListSize": len(self._line)}] if len(self._line) else []
        return waiting + [key.as_json() for key in self._keys.values()]

    def _take(self, message: Message) -> bool:
        free = self.active < limits.MAX_CONCURRENT_ATTEMPTS
        self.active += free
        return free

    def _new(self, key: str) -> FlowKey:
        """Messages may always have a new one: how many wait at once is bounded already."""
        self._forget_idle()
        self._keys[key] = FlowKey(key, self._clock)
        return self._keys[key]

    def _forget_idle(self) -> None:
        if len(self._keys) >= limits.MAX_FLOW_KEYS:
            idle = next((key for key in self._keys.values() if key.idle), None)
            if idle is not None:
                idle.close()
                del self._keys[idle.key]
