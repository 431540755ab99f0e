"""An open-loop load on the whole laptop stack, over HTTP: `make load`, `make load RATE=273 SECONDS=60`.

A rate is of arrivals: an export, one in ten, makes some five requests, so 273 arrivals are 400 requests a second.

The aimed-at rate for a minute, then steps of rate up to the knee; its backlog comes last, so that nothing follows it.
The knee is the first step with an error, a p99 above 50 ms, or less than 98 % of what was offered achieved. Everything
shares this machine, the generator included.

Ends with 1 when the aim did not hold, or anything was not as it must be afterwards.
"""

import argparse
import hashlib
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from infra.local.source import DEFAULT_PDF
from tests.bench.helper import Helper
from tests.bench.load import checks, report
from tests.bench.load.figures import Step, step_of
from tests.bench.load.watcher import Watcher

SHARES = {"read": 0.45, "unchanged": 0.40, "wait": 0.05, "export": 0.10}
"""90 % status reads and waits, 10 % whole exports."""
WARMING = {**SHARES, "read": 0.40, "wait": 0.10}
"""More are held at once than will be later, so that their containers are there: a start takes a core most of a second,
and on two cores those in a queue would be measured by it. What a start costs them is in no figure."""
SEEDED = 40
WARM_SECONDS = 8.0
SETTLE_SECONDS = 1.0


class Load:
    def __init__(self, generator: Helper, watcher: Watcher) -> None:
        self._generator, self._watcher = generator, watcher
        self.exports = 0

    def seed(self) -> None:
        """The first people, and then containers and connections for as many as there will be."""
        self._follow(10, SEEDED / 10, {"export": 1.0})

    def warm(self, rate: float) -> None:
        self._follow(rate, WARM_SECONDS, WARMING)
        time.sleep(SETTLE_SECONDS)

    def step(self, rate: float, seconds: float) -> Step:
        self._watcher.start()
        began = time.monotonic()
        seen = self._follow(rate, seconds, SHARES)
        usage = self._watcher.stop(time.monotonic() - began)
        step = step_of(rate, seconds, seen, usage)
        report.show(step)
        time.sleep(SETTLE_SECONDS)
        return step

    def _follow(self, rate: float, seconds: float, shares: dict[str, float]) -> Any:
        seen = self._generator.ask({"rate": rate, "seconds": seconds, "shares": shares, "seed": int(rate)})
        self.exports += len(seen["latencies"].get("export", ()))
        return seen


def main() -> int:
    given = arguments()
    digest = hashlib.sha256(DEFAULT_PDF.read_bytes()).hexdigest()
    with (
        tempfile.TemporaryDirectory(prefix="handoff-load-") as folder,
        Helper("tests.bench.load.laptop", folder) as laptop,
    ):
        where = laptop.ask()
        logs = Path(folder) / "logs"
        before = checks.lengths(logs)
        watcher = Watcher(psutil.Process(), where["database"])
        with Helper("tests.bench.load.generator", where["page"], digest) as generator:
            load = Load(generator, watcher)
            load.seed()
            report.show_headings()
            load.warm(given.warm or given.rate)
            aim = load.step(given.rate, given.seconds) if given.seconds else None
            steps: list[Step] = []
            for rate in given.steps:
                steps.append(load.step(rate, given.step_seconds))
                if not steps[-1].holds:
                    break
        watcher.close()
        found = checks.findings(where["database"], logs, before, load.exports)
    report.conclude(steps, aim, found)
    report.write(given.json, steps, aim, found)
    return 0 if not found and (aim is None or aim.holds) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--rate", type=float, default=273.0, help="the aim, arrivals a second (RATE=)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long at the aim, 0 for not at all (SECONDS=)")
    parser.add_argument("--steps", type=rates, default=rates("50 100 200 250 300 350 400"), help="(STEPS=)")
    parser.add_argument("--step-seconds", type=float, default=10.0)
    parser.add_argument("--warm", type=float, default=0.0, help="arrivals a second before all steps; those of the aim")
    parser.add_argument("--json", type=Path, default=Path(".handoff/load.json"))
    return parser.parse_args()


def rates(text: str) -> list[float]:
    return [float(rate) for rate in text.split()]


if __name__ == "__main__":
    raise SystemExit(main())
