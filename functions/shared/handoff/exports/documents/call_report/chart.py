"""The picture: in each span of the period a bar of the calls that started then, by what became of them."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from handoff.exports.documents.call_report.times import DAY, Times

MINUTE = timedelta(minutes=1)
STEPS = [MINUTE * minutes for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)] + [DAY, DAY * 7, DAY * 14]
MOST_BARS = 36
MOST_LABELS = 6


def chart(times: Times, kinds: Sequence[str], names: Mapping[str, str], moments: Sequence[tuple[datetime, str]]) -> Any:
    """`kinds` from the lowest part of a bar upwards; `names` are theirs; `moments` says when, and of which kind."""
    step, edges = _edges(times)
    bars = [Counter[str]() for _ in edges]
    for at, kind in moments:
        bars[max(0, bisect_right(edges, at) - 1)][kind] += 1
    top = _even_top(max((bar.total() for bar in bars), default=0))
    told = [
        f"{times.label(edge, step)}: {', '.join(f'{bar[kind]} {names[kind]}' for kind in kinds if bar[kind])}"
        for edge, bar in zip(edges, bars, strict=True)
        if bar
    ]
    return {
        "top": top,
        "ticks": [{"at": at, "text": f"{at:,}"} for at in (0, top // 2, top)],
        "bars": [[{"kind": kind, "number": bar[kind]} for kind in kinds if bar[kind]] for bar in bars],
        "labels": _labels(times, step, edges),
        "legend": [{"kind": kind, "name": names[kind]} for kind in kinds if any(bar[kind] for bar in bars)],
        "words": f"Bar chart of the calls by when they started. From {'; from '.join(told)}.",
    }


def _edges(times: Times) -> tuple[timedelta, list[datetime]]:
    """Where the spans begin, at round times of the person's clock; the first one may begin before the period."""
    step = next((step for step in STEPS if (times.end - times.start) / step < MOST_BARS), STEPS[-1])
    here = times.here(times.start)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    if step >= DAY:
        # Of the clock on the wall: a day of 23 hours is one, too.
        edges = [times.utc(midnight + step * count) for count in range(MOST_BARS + 2)]
    else:
        since_midnight = here.replace(tzinfo=None) - midnight.replace(tzinfo=None)
        edges = [times.start - since_midnight % step + step * count for count in range(MOST_BARS + 2)]
    return step, [edge for edge in edges if edge < times.end]


def _labels(times: Times, step: timedelta, edges: Sequence[datetime]) -> list[dict[str, Any]]:
    """What stands under the bars, and under how many: at the roundest times, as many as there is room for."""
    fitting = (wide for wide in STEPS if wide % step == timedelta(0) and len(edges) * step / wide <= MOST_LABELS)
    wide = next(fitting, step * -(-len(edges) // MOST_LABELS))
    labels: list[dict[str, Any]] = []
    for index, edge in enumerate(edges):
        here = times.here(edge)
        since_midnight = here - here.replace(hour=0, minute=0, second=0, microsecond=0)
        is_round = since_midnight % wide == timedelta(0) if wide < DAY else index % (wide // step) == 0
        if is_round:
            labels.append({"text": times.label(edge, wide), "bars": 1})
        elif labels:
            labels[-1]["bars"] += 1
        else:
            labels.append({"text": "", "bars": 1})
    if labels[-1]["bars"] * MOST_LABELS * 2 < len(edges):
        labels[-1]["text"] = ""  # no room
    return labels


def _even_top(highest: int) -> int:
    """The end of the axis: an even number, so that there is a whole one in the middle."""
    size = 1
    while True:
        for leading in (2, 4, 6, 8, 10, 12, 16):
            if leading * size >= highest:
                return leading * size
        size *= 10
