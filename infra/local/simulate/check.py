"""Whether a Handoff shows exactly what was played: each missed ending once, and of each call each event once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.local.simulate.expected import Outlook, suspected
from infra.local.simulate.plan import Call

PAGE = 100
PAUSE_SECONDS = 1.0

Json = dict[str, Any]
Read = Callable[[str, dict[str, str]], Json]
"""GET of a path with a query; the body of the answer."""


@dataclass(frozen=True)
class Verdict:
    """Of the list of failures: how many it must show, which it lacks, has too much, or has twice. Of the history: how
    many events it lacks, and how many it counted more than once, or did not come from us."""

    expected: int
    missing: Sequence[str]
    unexpected: Sequence[str]
    doubled: Sequence[str]
    events_lost: int
    events_doubled: int

    @property
    def is_exact(self) -> bool:
        return not (self.missing or self.unexpected or self.doubled or self.events_lost or self.events_doubled)


def verdict(read: Read, calls: Sequence[Call], prefix: str, outlook: Outlook, patience_seconds: float) -> Verdict:
    """Waits while events are still being recorded; for so long at most where nothing more comes."""
    told = {call.id: len(call.events) for call in calls}
    recorded = _recorded(read, calls, prefix)
    seen_at = time.monotonic()
    while _lost(told, recorded) and time.monotonic() - seen_at < patience_seconds:
        time.sleep(PAUSE_SECONDS)
        before, recorded = recorded, _recorded(read, calls, prefix)
        if recorded != before:
            seen_at = time.monotonic()
    listed, first, last = _listed(read, prefix, outlook)
    # While the pages were read, calls may have come to be suspected, and others too old for the list.
    must = suspected(calls, outlook, first) & suspected(calls, outlook, last)
    may = suspected(calls, outlook, first) | suspected(calls, outlook, last)
    others = {call for call in listed if call not in told}  # of which not everything was accepted
    return Verdict(
        expected=len(must),
        missing=sorted(must - set(listed)),
        unexpected=sorted(set(listed) - may - others),
        doubled=sorted(call for call, times in listed.items() if times > 1),
        events_lost=_lost(told, recorded),
        events_doubled=sum(max(0, recorded[call] - events) for call, events in told.items()),
    )


def _lost(told: dict[str, int], recorded: Counter[str]) -> int:
    return sum(max(0, events - recorded[call]) for call, events in told.items())


def _recorded(read: Read, calls: Sequence[Call], prefix: str) -> Counter[str]:
    """Events by call, of ours: newest calls first, until those that were over before the first of ours began."""
    rows: dict[str, tuple[str, int]] = {}  # by our id: while events are recorded a call may move on to a later page
    oldest = min((call.started_at for call in calls), default=None)
    for item, _ in _pages(read, "/api/calls", {}):
        if oldest is None or datetime.fromisoformat(item["last_event"]["at"]) < oldest:
            break
        if item["call_id"].startswith(prefix):
            rows[item["id"]] = (item["call_id"], item["events"])
    found: Counter[str] = Counter()
    for call_id, events in rows.values():
        found[call_id] += events
    return found


def _listed(read: Read, prefix: str, outlook: Outlook) -> tuple[Counter[str], datetime, datetime]:
    """How often each call of ours is listed, and between which moments of the database's clock."""
    query = {"max_call": _written(outlook.max_call.total_seconds()), "window": _written(outlook.window.total_seconds())}
    found: Counter[str] = Counter()
    moments: list[datetime] = []
    for item, body in _pages(read, "/events/failures", query, with_empty=True):
        moments.append(datetime.fromisoformat(body["server_time"]))
        if item and item["call_id"].startswith(prefix):
            found[item["call_id"]] += 1
    return found, min(moments), max(moments)


def _pages(read: Read, path: str, query: dict[str, str], *, with_empty: bool = False) -> Iterator[tuple[Any, Json]]:
    """Each item with the answer that it was in; an answer without any as None, where that is asked for."""
    cursor: str | None = ""
    while cursor is not None:
        body = read(path, {**query, "limit": str(PAGE), **({"cursor": cursor} if cursor else {})})
        for item in body["items"] or ([None] if with_empty else []):
            yield item, body
        cursor = body["next_cursor"]


def _written(seconds: float) -> str:
    return f"{seconds:.0f}s"
