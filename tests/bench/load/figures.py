"""From what was seen to what is said of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.load.watcher import Usage

P99_LIMIT = 0.050
LEAST_ACHIEVED = 0.98
MATERIAL_LATENESS = 0.005
"""A generator this late, at p99, is a part of what it measured that must be told."""


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that `share` of all are not above: one that was seen, never one between two (nearest rank)."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True)
class Spread:
    """Milliseconds."""

    count: int
    p50: float
    p99: float
    p999: float
    worst: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Spread":
        shares = (0.5, 0.99, 0.999, 1.0)
        return cls(len(seconds), *(round(percentile(seconds, share) * 1000, 1) for share in shares))


@dataclass(frozen=True)
class Step:
    """offered, achieved: arrivals a second; an export is one. requests: HTTP requests a second, an export's four or
    five counted each. answers: every arrival but exports, from when it was due, less what a wait was asked to hold.
    changes: from an export's end, by the database's clock, to the answer of who waited for it.
    """

    offered: float
    achieved: float
    requests: float
    answers: Spread
    kinds: Mapping[str, Spread]
    changes: Spread
    errors: Mapping[str, int]
    lateness: Spread
    pulses: Spread
    usage: Usage = field(default_factory=Usage)

    @property
    def holds(self) -> bool:
        """Whether this is still before the knee."""
        good = not self.errors and self.answers.p99 <= P99_LIMIT * 1000
        return good and self.achieved >= LEAST_ACHIEVED * self.offered

    @property
    def was_late(self) -> bool:
        return max(self.lateness.p99, self.pulses.p99) > MATERIAL_LATENESS * 1000


def step_of(rate: float, planned: float, seen: Mapping[str, Any], usage: Usage) -> Step:
    """planned: seconds. Answers that came after those, and a wait's hold, count as the time they took beyond."""
    latencies: Mapping[str, Sequence[float]] = seen["latencies"]
    answers = [latency for kind, values in latencies.items() if kind != "export" for latency in values]
    return Step(
        offered=rate,
        achieved=sum(map(len, latencies.values())) / seen["seconds"],
        requests=seen["requests"] / planned,
        answers=Spread.of(answers),
        kinds={kind: Spread.of(values) for kind, values in latencies.items()},
        changes=Spread.of(seen["changes"]),
        errors=seen["errors"],
        lateness=Spread.of(seen["lateness"]),
        pulses=Spread.of(seen["pulses"]),
        usage=usage,
    )
