"""What lists and bulk operations are filtered by: messages on their way, dead letters and logs share it.

"A message matches if its value equals any of the given values, and multiple filters are combined with AND. Multiple
values can be passed either by repeating the query parameter or as a single comma-separated value."
https://upstash.com/docs/qstash/api-reference/messages/bulk-cancel-messages
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from infra.local.qstash.message import Message

Item = TypeVar("Item")
Query = Mapping[str, list[str]]
"""Parameters by name, each with all its values."""
Filters = Mapping[str, Callable[[Item, set[str]], bool]]
"""Parameter to a test of one item against the values given."""


def of_message(message_of: Callable[[Item], Message]) -> dict[str, Callable[[Item, set[str]], bool]]:
    """The filters by what a message is, for items that are about one."""

    def test(read: Callable[[Message], Iterable[str | None]]) -> Callable[[Item, set[str]], bool]:
        return lambda item, values: not values.isdisjoint(read(message_of(item)))

    return {name: test(read) for name, read in _READ.items()}


def matching(items: Iterable[Item], query: Query, filters: Filters[Item]) -> list[Item]:
    """The items that pass every filter the query has."""
    wanted = {name: _values(query[name]) for name in filters if name in query}
    return [item for item in items if all(filters[name](item, values) for name, values in wanted.items())]


def _values(given: list[str]) -> set[str]:
    """A comma may be part of the value itself, as in a URL."""
    return {*given, *(part.strip() for text in given for part in text.split(","))}


def _hosts(message: Message) -> list[str | None]:
    """With the port and without it: the reference does not say which."""
    parts = urlsplit(message.url)
    return [parts.hostname, parts.netloc.rpartition("@")[2]]


_READ: dict[str, Callable[[Message], Iterable[str | None]]] = {
    "messageId": lambda message: [message.id],
    "messageIds": lambda message: [message.id],
    "url": lambda message: [message.url],
    "host": _hosts,
    "path": lambda message: [urlsplit(message.url).path or "/"],
    "label": lambda message: message.labels,
    "topicName": lambda message: [message.publication.origin.url_group],
    "queueName": lambda message: [message.publication.origin.queue],
    "scheduleId": lambda message: [message.publication.origin.schedule_id],
    "flowControlKey": lambda message: [message.flow.key if message.flow else None],
    "callerIp": lambda message: [message.publication.caller_ip],
    "callerIP": lambda message: [message.publication.caller_ip],
}
