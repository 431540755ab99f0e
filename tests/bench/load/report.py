"""The figures of a run as a table for people and as JSON for programs."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.bench.load.figures import Step

HEADINGS = (
    "offered/s", "achieved", "http/s", "p50", "p99", "p99.9", "max", "errors",
    "export p50", "p99", "change p50", "p99", "late p99", "connections", "MB", "cores",
)  # fmt: skip
NOTES = """\
  offered, achieved  arrivals a second, an export is one of them; http: the requests that makes
  p50 to max         ms of all but exports, from when a request was due; what a wait was asked to hold is taken off
  export             ms of a whole one: session, request, wait, download; its bytes are checked
  change             ms from an export's end by the database's clock to the answer of who waited for it
  late               ms that the generator itself was behind
  cores              of the whole machine, this measurement and other people's work included
"""


def line_of(step: Step) -> list[str]:
    export = step.kinds.get("export")
    return [
        f"{step.offered:g}", f"{step.achieved:.1f}", f"{step.requests:.0f}",
        *(f"{value:g}" for value in (step.answers.p50, step.answers.p99, step.answers.p999, step.answers.worst)),
        str(sum(step.errors.values())),
        *((f"{export.p50:g}", f"{export.p99:g}") if export else ("-", "-")),
        f"{step.changes.p50:g}", f"{step.changes.p99:g}", f"{max(step.lateness.p99, step.pulses.p99):g}",
        str(step.usage.connections), f"{sum(step.usage.megabytes.values()):.0f}", f"{step.usage.machine:.2f}",
    ]  # fmt: skip


def show_headings() -> None:
    print(NOTES)
    print("  ".join(HEADINGS))


def show(step: Step) -> None:
    """One line, and what it is made of below."""
    cells = line_of(step)
    print("  ".join(cell.rjust(len(heading)) for cell, heading in zip(cells, HEADINGS, strict=True)), flush=True)
    cores = ", ".join(f"{role} {cores:.2f}" for role, cores in step.usage.cores.items() if cores >= 0.005)
    memory = ", ".join(
        f"{role} {megabytes:.0f} ({step.usage.processes[role]})" for role, megabytes in step.usage.megabytes.items()
    )
    kinds = ", ".join(f"{kind} {spread.p50:g}/{spread.p99:g}" for kind, spread in sorted(step.kinds.items()))
    print(f"    cores: {cores}, other people's work {step.usage.others:.2f}")
    print(f"    MB (processes): {memory}\n    p50/p99: {kinds}", flush=True)
    for error, count in step.errors.items():
        print(f"    {count} × {error}")
    if step.was_late:
        print("    The generator was late itself: these latencies are partly its own.")


def conclude(steps: Sequence[Step], aim: Step | None, found: Sequence[str]) -> None:
    knee = next((step for step in steps if not step.holds), None)
    held = [step.offered for step in steps if step.holds]
    print()
    print(f"Knee: at {knee.offered:g}/s." if knee else "No knee up to where it was looked for.")
    if held:
        print(f"The most that held: {max(held):g}/s.")
    if aim:
        print(f"Aim: {aim.offered:g}/s {'held' if aim.holds else 'did not hold'}.")
    for sentence in found or ["Every export became ready exactly once; no errors in the logs; the outbox is empty."]:
        print(sentence)


def write(path: Path, steps: Sequence[Step], aim: Step | None, found: Sequence[str]) -> None:
    """The same as JSON."""
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    content = {
        "machine": machine,
        "steps": [asdict(step) for step in steps],
        "aim": aim and asdict(aim),
        "findings": list(found),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2))
    print(f"Also in {path}")
