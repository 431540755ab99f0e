"""What carriers will tell, and when: drawn from a seed before the first event is sent, so no answer can put one off."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

OTHERS = ("call.ringing", "call.answered")
"""Types that Handoff keeps without a meaning of its own; a call has none, one or both of them."""
MEAN_EVENTS = 3
TYPICAL_SECONDS, SPREAD, SHORTEST_SECONDS, LONGEST_SHARE = 150.0, 1.0, 20.0, 0.9
"""How long calls last: log-normal around two and a half minutes, and never as long as a call can."""
GAP_SECONDS = 2.0
"""Between what is told of the same call, in the mean; a twentieth of the whole where that is less."""


@dataclass(frozen=True)
class Wish:
    """Shares are from 0 to 1: of the events those that are sent twice, and those that are sent after a later one of
    their call; of the calls those whose ending is never sent. Calls began up to `span` ago, by the carrier's clock."""

    rate: float
    seconds: float
    duplicates: float
    disorder: float
    lost: float
    span: timedelta
    max_call: timedelta
    seed: int


@dataclass(frozen=True)
class Event:
    """One that a carrier sends; `id` and `body` are the same each time."""

    id: str
    call_id: str
    type: str
    at: datetime
    body: bytes


@dataclass(frozen=True)
class Call:
    """`events` in the order in which they are first sent."""

    id: str
    started_at: datetime
    is_lost: bool
    events: Sequence[Event]


@dataclass(frozen=True)
class Sending:
    """`at`: seconds from the beginning."""

    at: float
    event: Event


@dataclass(frozen=True)
class Plan:
    """`late` events are sent after a later one of their call. `sendings` in order of time."""

    wish: Wish
    prefix: str
    calls: Sequence[Call]
    sendings: Sequence[Sending]
    late: int

    @property
    def repeated(self) -> int:
        return len(self.sendings) - sum(len(call.events) for call in self.calls)


def make_plan(wish: Wish, now: datetime) -> Plan:
    """The same of the same seed and moment. All of its calls are over by then, told of or not."""
    chance = random.Random(wish.seed)  # noqa: S311 (nobody is to be surprised by it)
    prefix = f"sim-{now:%Y%m%dT%H%M%S.%f}-{wish.seed}-"
    told = wish.rate * wish.seconds / (1 + wish.duplicates)
    count = max(1, round(told / (MEAN_EVENTS - wish.lost)))
    # At least one where some are to be: a list without any would look right whatever it is made of.
    lost = set(chance.sample(range(count), max(wish.lost > 0, round(wish.lost * count))))
    others = [number % MEAN_EVENTS for number in range(count)]
    chance.shuffle(others)
    calls = [_call(f"{prefix}{number}", others[number], number in lost, wish, now, chance) for number in range(count)]
    late = _put_out_of_order(calls, wish.disorder, chance)
    return Plan(wish, prefix, calls, _sendings(calls, wish, chance), late)


def _call(call_id: str, others: int, is_lost: bool, wish: Wish, now: datetime, chance: random.Random) -> Call:
    longest = LONGEST_SHARE * wish.max_call.total_seconds()
    drawn = SHORTEST_SECONDS + chance.lognormvariate(math.log(TYPICAL_SECONDS), SPREAD)
    seconds = min(drawn, longest)
    started_at = now - timedelta(seconds=chance.uniform(seconds, wish.span.total_seconds()))
    # Numbers that belong to nobody: https://en.wikipedia.org/wiki/555_(telephone_number)
    people = {"from": f"+1202555{chance.randrange(100, 200):04}", "to": f"+1202555{chance.randrange(100, 200):04}"}
    steps = [("call.started", 0.0), *((name, chance.uniform(0.02, 0.1)) for name in OTHERS[:others])]
    if not is_lost:
        steps.append(("call.ended", 1.0))
    events = []
    for number, (name, share) in enumerate(sorted(steps, key=lambda step: step[1])):
        at = started_at + timedelta(seconds=share * seconds)
        data = {"call_id": call_id, **people, **({"reason": "hangup"} if name == "call.ended" else {})}
        body = json.dumps({"type": name, "timestamp": at.isoformat(), "data": data}).encode()
        events.append(Event(f"{call_id}-{number}", call_id, name, at, body))
    return Call(call_id, started_at, is_lost, events)


def _put_out_of_order(calls: list[Call], share: float, chance: random.Random) -> int:
    """Moves one event each of some calls behind all others; how many."""
    movable = [number for number, call in enumerate(calls) if len(call.events) > 1]
    moved = min(len(movable), round(share * sum(len(call.events) for call in calls)))
    for number in chance.sample(movable, moved):
        call = calls[number]
        events = list(call.events)
        events.append(events.pop(chance.randrange(len(events) - 1)))
        calls[number] = Call(call.id, call.started_at, call.is_lost, events)
    return moved


def _sendings(calls: Sequence[Call], wish: Wish, chance: random.Random) -> list[Sending]:
    """Many carriers know nothing of each other, so the moments are a Poisson process' of that many events: drawn
    evenly, sorted. Which event has which moment is by when its call's turn comes, and a pause after the one before."""
    pause = 1 / min(GAP_SECONDS, wish.seconds / 20)
    placed: list[tuple[float, Event]] = []
    for number, call in enumerate(calls):
        place = number / len(calls) * wish.seconds
        for event in call.events:
            placed.append((place, event))
            place += chance.expovariate(pause)
    repeated = chance.sample(placed, min(len(placed), round(wish.duplicates * len(placed))))
    placed += [(place + chance.expovariate(pause), event) for place, event in repeated]
    placed.sort(key=lambda one: one[0])
    moments = sorted(chance.uniform(0, wish.seconds) for _ in placed)
    return [Sending(at, event) for at, (_, event) in zip(moments, placed, strict=True)]
