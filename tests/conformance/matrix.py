"""Provider by promise: what was kept when it was last tried, as JSON and as the page that shows it.

A cell is "yes", "no", or {"cannot": page}: what the vendor cannot express, and where that stands. Of such a promise the
suite asks that it is done without, not pretended.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handoff.jobs.queues import provider as queue_provider
from handoff.storage import provider as storage_provider
from handoff.testing import FetchedQueueConformance, QueueConformance, StorageConformance
from handoff.testing.promises import parts, promises, sentence
from handoff.testing.queues.signatures import Signatures, SignedDeliveries

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "conformance.md"
RESULTS = ROOT / "docs" / "conformance.json"
BEGIN, END = "<!-- matrix: written by make conformance -->", "<!-- end of the matrix -->"

TITLES = {"queues": "What a queue promises", "stores": "What a store promises"}
SUITES = {"queues": (QueueConformance, FetchedQueueConformance), "stores": (StorageConformance,)}
Cell = str | dict[str, str]
Results = dict[str, dict[str, dict[str, Cell]]]
"""Kind -> provider -> promise -> cell."""


def names_of(kind: str) -> list[str]:
    """Every promise of that kind, in the order of the suites."""
    return list(dict.fromkeys(name for suite in SUITES[kind] for name in promises(suite)))


def cells(kind: str, name: str, failed: set[str], passed: set[str]) -> dict[str, Cell]:
    """A provider's column, from what became of its tests."""
    found: dict[str, Cell] = {}
    missing = cannot(kind, name)
    for promise in names_of(kind):
        capability = asked_by(kind, promise)
        if promise in failed:
            found[promise] = "no"
        elif capability in missing:
            found[promise] = {"cannot": missing[capability]}
        elif promise in passed:
            found[promise] = "yes"
    return found


def asked_by(kind: str, promise: str) -> str:
    """The capability that a promise asks for, by its name; "" where it asks for none."""
    if promise in {**promises(Signatures), **promises(SignedDeliveries)}:
        return "SIGNATURE"
    found = (promises(suite).get(promise) for suite in SUITES[kind])
    return next((capability.name for capability in found if capability), "")


def cannot(kind: str, name: str) -> dict[str, str]:
    """What a provider says of itself: capability, page."""
    if kind == "queues":
        return {capability.name: page for capability, page in queue_provider(name).cannot.items()}
    return {capability.name: page for capability, page in storage_provider(name).cannot.items()}


def tables(kind: str, results: Mapping[str, Mapping[str, Cell]]) -> str:
    """As Markdown: what they are about, and each of them."""
    lines = [f"## {TITLES[kind]}", "", *head("what it is about", results)]
    for about, names in abouts(kind).items():
        lines.append(
            row([about, *(summed([column[name] for name in names if name in column]) for column in results.values())])
        )
    lines += ["", *head("the promise", results)]
    for name in names_of(kind):
        lines.append(row([sentence(name), *(shown(column.get(name)) for column in results.values())]))
    return "\n".join(lines)


def abouts(kind: str) -> dict[str, list[str]]:
    return {about: list(names) for suite in SUITES[kind] for about, names in parts(suite).items()}


def head(first: str, columns: Mapping[str, object]) -> list[str]:
    return [row([first, *columns]), row(["---"] * (1 + len(columns)))]


def summed(column: list[Cell]) -> str:
    kept = sum(cell == "yes" for cell in column)
    return "" if not column else f"{kept} of {len(column)}"


def row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def shown(cell: Cell | None) -> str:
    """Empty where it is no promise of this kind of queue: one that signs has nothing to refuse altogether."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return "**no**" if cell == "no" else cell
    page = cell["cannot"]
    return f"[cannot]({page})" if page.startswith("https://") else f"cannot (`{page}`)"


def page_with(results: Results, page: str) -> str:
    """The page, with the tables of these results between its marks."""
    written = "\n\n".join(tables(kind, results[kind]) for kind in TITLES)
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{written}\n\n{END}", page, flags=re.DOTALL)


def write(results: Results) -> None:
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    PAGE.write_text(page_with(results, PAGE.read_text("utf-8")), "utf-8")


def read() -> Results:
    found: Any = json.loads(RESULTS.read_text("utf-8"))
    return {kind: dict(found[kind]) for kind in TITLES}
