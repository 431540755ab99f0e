"""The figures as a table for people and as JSON for programs."""

import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.local.simulate.check import Verdict
from infra.local.simulate.play import percentile
from tests.bench.events.slices import OURS, Part

WORDS = {
    OURS: "ours",
    "writes": "writes to Postgres before it answers",
    "publishes": "writes and publishes before it answers",
}


@dataclass(frozen=True)
class Figures:
    """Milliseconds, from when an event was due; `late`: how far the generator itself was behind, at p99. `cores`: how
    many were kept busy, by role, in the mean. Seconds until the last of a slice was recorded, the longest."""

    answers: Mapping[str, int]
    p50: float
    p95: float
    p99: float
    worst: float
    late: float
    accepted: int
    recorded: int
    until_recorded: float
    cores: Mapping[str, float]
    machine: float
    others: float

    @classmethod
    def of(cls, parts: Sequence[Part]) -> "Figures":
        latencies = [latency for part in parts for latency in part.latencies]
        lateness = [late for part in parts for late in part.lateness]
        p50, p95, p99, worst = (round(percentile(latencies, share) * 1000, 1) for share in (0.5, 0.95, 0.99, 1.0))
        cores: Counter[str] = Counter()
        for part in parts:
            for role, busy in part.usage.cores.items():
                cores[role] += busy / len(parts)  # type: ignore[assignment]
        return cls(
            answers=dict(sum((Counter(part.answers) for part in parts), Counter())),
            p50=p50, p95=p95, p99=p99, worst=worst, late=round(percentile(lateness, 0.99) * 1000, 1),
            accepted=sum(len(part.accepted) for part in parts),
            recorded=sum(part.recorded for part in parts),
            until_recorded=round(max(part.until_recorded for part in parts), 1),
            cores={role: round(busy, 2) for role, busy in cores.most_common() if busy >= 0.005},
            machine=round(sum(part.usage.machine for part in parts) / len(parts), 2),
            others=round(sum(part.usage.others for part in parts) / len(parts), 2),
        )  # fmt: skip


def findings(parts: Mapping[str, Sequence[Part]], verdicts: Sequence[Verdict]) -> list[str]:
    """Sentences on what is not as it must be of ours; none when all is well."""
    figures, found = Figures.of(parts[OURS]), []
    if set(figures.answers) != {"202"}:
        found.append(f"not everything was answered 202: {dict(figures.answers)}")
    if figures.accepted != figures.recorded:
        found.append(f"{figures.accepted} events were accepted, and {figures.recorded} are recorded")
    found += [f"the list of failures is not exact: {told}" for told in verdicts if not told.is_exact]
    return found


def show(rate: float, parts: Mapping[str, Sequence[Part]], verdicts: Sequence[Verdict], found: Sequence[str]) -> None:
    print(f"{rate:g} events a second, ms from when each was due to its answer\n")
    print(f"{'':40}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}  answers")
    for name, its in parts.items():
        figures = Figures.of(its)
        times = "".join(f"{time:9.1f}" for time in (figures.p50, figures.p95, figures.p99, figures.worst))
        answers = ", ".join(f"{count} × {status}" for status, count in figures.answers.items())
        print(f"{WORDS[name]:40}{times}  {answers}")
        print(
            f"    {figures.recorded} of {figures.accepted} recorded, {figures.until_recorded} s after the last answer"
        )
        cores = ", ".join(f"{role} {busy:.2f}" for role, busy in figures.cores.items())
        print(
            f"    cores: {cores}, other people's work {figures.others:.2f}; generator late by {figures.late} ms (p99)"
        )
    print()
    expected = sum(told.expected for told in verdicts)
    for sentence in found:
        print(sentence)
    if all(told.is_exact for told in verdicts):
        print(f"The list of failures is exact: {expected} missed endings, 0 lost, 0 doubled.")


def write(
    path: Path, rate: float, parts: Mapping[str, Sequence[Part]], verdicts: Sequence[Verdict], found: Sequence[str]
) -> None:
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    content = {
        "machine": machine,
        "rate": rate,
        "seconds": sum(part.slice.seconds for part in parts[OURS]),
        "handlers": {name: asdict(Figures.of(its)) for name, its in parts.items()},
        "failures": [asdict(told) for told in verdicts],
        "findings": list(found),
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    print(f"Also in {path}")
