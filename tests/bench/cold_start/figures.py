"""From samples to figures: medians, how far they spread, and how ours compare."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.cold_start.rounds import Key, Samples

AIMS = {"status": 0.15, "download": 0.30, "trigger": 0.35, "callback": 0.35}
"""Of the peer's time, as it is usually shipped, from spawn to first answer: what ours may take."""
UPLOAD_AIM = 1 / 3
COMPARED = ("peer-stale", "peer-fresh", "bare")


@dataclass(frozen=True)
class Figure:
    """A median and its quartiles."""

    median: float
    low: float
    high: float
    count: int

    def as_json(self) -> dict[str, Any]:
        return {
            "median": round(self.median, 1),
            "quartiles": [round(self.low, 1), round(self.high, 1)],
            "samples": self.count,
        }


def figure(samples: Sequence[float]) -> Figure:
    """Of one sample at least."""
    if len(samples) == 1:
        return Figure(samples[0], samples[0], samples[0], 1)
    low, median, high = statistics.quantiles(samples, n=4, method="inclusive")
    return Figure(median, low, high, len(samples))


def figures(samples: Mapping[Key, Sequence[float]]) -> dict[Key, Figure]:
    return {key: figure(values) for key, values in samples.items()}


def ratios(found: Mapping[Key, Figure]) -> dict[str, dict[str, float]]:
    """By function: our median over that of each other variant."""
    made: dict[str, dict[str, float]] = {}
    for function in sorted({function for variant, function in found if variant == "ours"}):
        mine = found["ours", function].median
        others = {name: found.get((name, "bare" if name == "bare" else function)) for name in COMPARED}
        made[function] = {name: mine / other.median for name, other in others.items() if other}
    return made


def summary(samples: Samples, uploads: Mapping[str, int]) -> dict[str, Any]:
    """All of it, in milliseconds and bytes, for a file."""
    measures = {
        "cold": samples.cold,
        "processor": samples.processor,
        "init": samples.init,
        "import": samples.imported,
        "warm": samples.warm,
    }
    return {
        "milliseconds": {
            name: {
                f"{variant} {function}": item.as_json() for (variant, function), item in sorted(figures(by_key).items())
            }
            for name, by_key in measures.items()
        },
        "cold_samples": {
            f"{variant} {function}": [round(value, 1) for value in values]
            for (variant, function), values in sorted(samples.cold.items())
        },
        "cold_ratios": {
            function: {name: round(ratio, 3) for name, ratio in by_name.items()}
            for function, by_name in ratios(figures(samples.cold)).items()
        },
        "processor_ratios": {
            function: {name: round(ratio, 3) for name, ratio in by_name.items()}
            for function, by_name in ratios(figures(samples.processor)).items()
        },
        "aims": AIMS,
        "upload_bytes": dict(uploads),
    }
