"""How long a carrier waits for its 202: .venv/bin/python -m tests.bench.events [--rate 200] [--seconds 60]

The whole laptop stack takes signed events at a steady rate, some twice, some out of order, some endings never; between
its slices the same is told to two handlers as they are usually written (FastAPI, Mangum): one that writes to Postgres
before it answers, one that writes and publishes to the queue before it answers. Afterwards nothing may be lost or
counted twice, and the list of failures must be exactly what the generator's own book says. Some four minutes that want
the machine for themselves. Ends with 1 when anything was not accepted, lost or doubled.
"""

import argparse
import tempfile
from pathlib import Path

import psutil
import psycopg

from infra.local.simulate.check import Verdict, verdict
from infra.local.simulate.expected import known
from infra.local.simulate.insider import insider
from tests.bench.events import report
from tests.bench.events.slices import NAMES, OURS, OUTLOOK, Carriers, Part, plan_of
from tests.bench.helper import Helper
from tests.bench.load import checks
from tests.bench.load.watcher import Watcher

WARM_SECONDS = 6.0
PATIENCE_SECONDS = 30.0


def main() -> int:
    given = arguments()
    parts: dict[str, list[Part]] = {name: [] for name in NAMES}
    with (
        tempfile.TemporaryDirectory(prefix="handoff-events-") as folder,
        Helper("tests.bench.events.laptop", folder) as laptop,
        Helper("tests.bench.events.generator") as generator,
    ):
        where, logs = laptop.ask(), Path(folder) / "logs"
        before = checks.lengths(logs)
        watcher = Watcher(psutil.Process(), where["database"])
        with psycopg.connect(where["database"], autocommit=True) as database:
            carriers = Carriers(generator, watcher, database, where["events"], where["secret"])
            warming = {name: carriers.tell(name, given.rate, WARM_SECONDS) for name in NAMES}
            for _ in range(given.slices):
                for name, its in parts.items():
                    its.append(carriers.tell(name, given.rate, given.seconds / given.slices))
        watcher.close()
        verdicts = [look(where["page"], part) for part in (warming[OURS], *parts[OURS])]
        found = checks.all_complaints(logs, before)
    found += report.findings(parts, verdicts)
    report.show(given.rate, parts, verdicts, found)
    report.write(given.json, given.rate, parts, verdicts, found)
    return 1 if found else 0


def look(page: str, part: Part) -> Verdict:
    """What the API shows of what was told in it."""
    plan = plan_of(part.slice)
    with insider(page, {}) as read:
        return verdict(read, known(plan.calls, part.accepted), plan.prefix, OUTLOOK, PATIENCE_SECONDS)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.events", description=__doc__)
    parser.add_argument("--rate", type=float, default=200.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=60.0, help="to each of the three, in all")
    parser.add_argument("--slices", type=int, default=3, help="in so many turns")
    parser.add_argument("--json", type=Path, default=Path(__file__).parents[1] / "results" / "events.json")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
