"""Filters, order, count and cursor of the lists: dead letters and logs share them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from starlette.datastructures import QueryParams

from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.publication import Origin


class Listed(Protocol):
    """What can be listed: `sequence` rises with each new item, `time` is Unix milliseconds."""

    @property
    def sequence(self) -> int: ...
    @property
    def time(self) -> int: ...


Item = TypeVar("Item", bound=Listed)
Filters = Mapping[str, Callable[[Item, list[str]], bool]]
"""Query parameter to a test of one item against the values given."""


def of_origin(origin_of: Callable[[Item], Origin]) -> dict[str, Callable[[Item, list[str]], bool]]:
    """Filters by what a message came through: URL group, endpoint, queue, schedule."""

    def named(name: str) -> Callable[[Item, list[str]], bool]:
        return lambda item, values: origin_of(item).as_json().get(name) in values

    return {name: named(name) for name in ("topicName", "endpointName", "queueName", "scheduleId")}


def page(items: Iterable[Item], query: QueryParams, filters: Filters[Item], most: int) -> tuple[list[Item], str | None]:
    """One page, newest first unless `order=earliestFirst`, and the cursor of the next page (None at the end)."""
    count = min(_number(query, "count") or most, most)
    earliest_first = query.get("order") == "earliestFirst"
    cursor, start, end = (_number(query, name) for name in ("cursor", "fromDate", "toDate"))
    found = [
        item
        for item in sorted(items, key=lambda item: item.sequence, reverse=not earliest_first)
        if (cursor is None or (item.sequence > cursor if earliest_first else item.sequence < cursor))
        and (start is None or item.time >= start)
        and (end is None or item.time <= end)
        and all(test(item, query.getlist(name)) for name, test in filters.items() if name in query)
    ]
    return found[:count], str(found[count - 1].sequence) if len(found) > count else None


def _number(query: QueryParams, name: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InvalidRequestError(f"invalid {name}: {text!r} is not a number")
    return int(text)
