"""Order, count and cursor of the lists, and which items a bulk operation is about."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from starlette.requests import Request

from infra.local.qstash.api.filters import Filters, Query, matching
from infra.local.qstash.api.requests import read_json
from infra.local.qstash.errors import InvalidRequestError

_PAGING = {"cursor", "count", "order", "fromDate", "toDate", "async"}


class Listed(Protocol):
    """What can be listed: `sequence` rises with each new item, `time` is Unix milliseconds."""

    @property
    def sequence(self) -> int: ...
    @property
    def time(self) -> int: ...


Item = TypeVar("Item", bound=Listed)


def page(
    items: Iterable[Item], query: Query, filters: Filters[Item], *, most: int, order: str
) -> tuple[list[Item], str | None]:
    """One page in the order the query has, or `order`, and the cursor of the next page (None at the end)."""
    count = min(_number(query, "count") or most, most)
    asked = _one(query, "order") or order
    if asked not in ("earliestFirst", "latestFirst"):
        raise InvalidRequestError(f"invalid order: {asked!r} is neither earliestFirst nor latestFirst")
    forward = asked == "earliestFirst"
    cursor, in_time = _number(query, "cursor"), between(query)
    found = [
        item
        for item in sorted(matching(items, query, filters), key=lambda item: item.sequence, reverse=not forward)
        if (cursor is None or (item.sequence > cursor if forward else item.sequence < cursor)) and in_time(item.time)
    ]
    return found[:count], str(found[count - 1].sequence) if len(found) > count else None


def between(query: Query) -> Callable[[int], bool]:
    """Whether a time in Unix milliseconds is between fromDate and toDate, both included."""
    start, end = _number(query, "fromDate"), _number(query, "toDate")
    return lambda time: (start is None or time >= start) and (end is None or time <= end)


def query_of(request: Request) -> dict[str, list[str]]:
    """The parameters of a list."""
    return {name: request.query_params.getlist(name) for name in request.query_params}


async def selection_of(request: Request, filters: Iterable[str]) -> dict[str, list[str]]:
    """What a bulk operation is about: from the query (the reference, JavaScript's SDK) and a JSON body (Python's).

    A parameter that is not known is refused, which is ours: passed over, it would take more than was meant.
    """
    selection = query_of(request)
    body = await read_json(request, empty={})
    if not isinstance(body, dict):
        raise InvalidRequestError("invalid body: not an object")
    for name, value in body.items():
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str | int) and not isinstance(each, bool) for each in values):
            raise InvalidRequestError(f"invalid body: {name} must be a text, a number, or a list of them")
        selection[name] = [str(each) for each in values]
    if unknown := selection.keys() - {*filters} - _PAGING:
        raise InvalidRequestError(f"unknown filter: {min(unknown)}")
    return selection


def _one(query: Query, name: str) -> str | None:
    return query[name][0] if name in query else None


def _number(query: Query, name: str) -> int | None:
    text = _one(query, name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InvalidRequestError(f"invalid {name}: {text!r} is not a number")
    return int(text)
