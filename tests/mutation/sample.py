"""Leaves so many of a session's mutants to be tried, always the same ones: `sample.py SESSION COUNT`.

A filter like those of https://cosmic-ray.readthedocs.io/en/latest/how-tos/filters.html
"""

import random
import sys
from argparse import ArgumentParser, Namespace

from cosmic_ray.tools.filters.filter_app import FilterApp
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import WorkerOutcome, WorkItem, WorkResult

SEED = 120


class Sample(FilterApp):  # type: ignore[misc]
    def description(self) -> str | None:
        return __doc__

    def add_args(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int)

    def filter(self, work_db: WorkDB, args: Namespace) -> None:
        items: list[WorkItem] = sorted(work_db.pending_work_items, key=lambda item: repr(item.mutations))
        random.Random(SEED).shuffle(items)
        for item in items[args.count :]:
            work_db.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED, "not in the sample"))


if __name__ == "__main__":
    sys.exit(Sample().main())
