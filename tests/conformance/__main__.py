"""`make conformance`: hold every provider to every promise, here, and write down what came of it.

Exit status: 1 where a promise was broken.
"""

import sys

from tests.conformance.matrix import PAGE, ROOT, TITLES, Results, cells, write
from tests.conformance.outcomes import path_of, run_all
from tests.conformance.providers import HELD


def main() -> int:
    outcomes = run_all([f"{path_of(held.module)}::{held.suite}" for held in HELD])
    results: Results = {kind: {} for kind in TITLES}
    broken = 0
    for held, told in zip(HELD, outcomes, strict=True):
        outcome = told[held.suite]
        column = cells(held.kind, held.name, outcome["failed"], outcome["passed"])
        results[held.kind][held.name] = column
        kept = [cell for cell in column.values() if cell == "yes"]
        missing = [cell for cell in column.values() if not isinstance(cell, str)]
        failed = [promise for promise, cell in column.items() if cell == "no"]
        broken += len(failed)
        print(f"{held.name:<12} {len(kept)} kept, {len(missing)} that its vendor cannot express, {len(failed)} broken")
        print("".join(f"    {promise}\n" for promise in failed), end="")
    write(results)
    print(f"Written to {PAGE.relative_to(ROOT)}.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
