"""One schedule: what is published, when, and how the last time went.

https://upstash.com/docs/qstash/features/schedules ; fields: schema Schedule of https://upstash.com/docs/qstash/api-reference
"""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from infra.local.qstash.cron import Cron
from infra.local.qstash.headers import first
from infra.local.qstash.message import Message
from infra.local.qstash.publication import Publication

# What a message's object has and a schedule's has not, or has of its own.
_MESSAGE_ONLY = ("messageId", "url", "maxRetries", "notBefore", "createdAt", "scheduleId", "topicName", "endpointName")
# A URL group's messages get their URLs when they are published.
_NO_URL = "http://url-group.invalid"


@dataclass
class Schedule:
    """Times are Unix seconds of the clock; `time` and `next` are where it is in the cron expression's own time, which
    passes as many times faster as the clock's speed says."""

    id: str
    cron: Cron
    publication: Publication
    """What is published each time: destination, headers and body as given; its origin names this schedule."""
    created_at: float
    speed: float
    is_url_group: bool
    paused: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was deleted or replaced."""
    next: float | None = field(init=False)
    last: float | None = None
    """When it last published, by the clock."""
    messages: list[Message] = field(default_factory=list)
    """What it published then."""
    error: str | None = None
    """Why it could not."""

    def __post_init__(self) -> None:
        """Reads the options once, so that one that is not valid is refused at once."""
        self._options = self._as_message()
        self.next = self.cron.after(self.created_at)

    def seconds_until_next(self, now: float) -> float | None:
        """How long to wait at `now`; None where the expression never comes true again."""
        return None if self.next is None else self._when(self.next) - now

    def advance(self, now: float) -> None:
        """On to the next time after this one. What has passed meanwhile, with the laptop asleep, is left out."""
        assert self.next is not None
        self.next = self.cron.after(max(self.next, self.created_at + (now - self.created_at) * self.speed))

    def as_json(self) -> dict[str, Any]:
        """The schema's object, redacted as its messages are. The SDKs and the schema differ in "callerIP"."""
        message = self._options
        shown = {name: value for name, value in message.as_json().items() if name not in _MESSAGE_ONLY}
        timeout = first(self.publication.headers, "upstash-timeout")
        times = {"lastScheduleTime": self.last, "nextScheduleTime": self._when(self.next) if self.next else None}
        optional = {
            "delay": int(message.delay) or None,
            "timeout": int(message.timeout) if timeout else None,
            "error": self.error,
            "lastScheduleStates": {each.id: _state(each) for each in self.messages} or None,
            **{name: int(moment * 1000) if moment is not None else None for name, moment in times.items()},
        }
        return {
            **shown,
            "scheduleId": self.id,
            "cron": self.cron.text,
            "destination": self.publication.destination,
            "createdAt": int(self.created_at * 1000),
            "retries": message.retries,
            "isPaused": self.paused,
            "callerIp": message.publication.caller_ip,
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _as_message(self) -> Message:
        publication = replace(self.publication, destination=_NO_URL) if self.is_url_group else self.publication
        return Message.of(publication, "", int(self.created_at * 1000))

    def _when(self, moment: float) -> float:
        """The clock's time at a moment of the expression's time."""
        return self.created_at + (moment - self.created_at) / self.speed


def _state(message: Message) -> str:
    if not message.ended.is_set():
        return "IN_PROGRESS"
    return "SUCCESS" if message.delivered else "FAIL"
