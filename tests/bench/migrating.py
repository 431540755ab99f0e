"""A migration amid a load, on the whole laptop stack: `python -m tests.bench.migrating`.

The stack begins on the schema of the release before. At 100 requests a second, status reads, waits and exports,
`handoff migrate` brings what has come since; then, so that tables that everybody is at change too, migrations as they
usually are: a column, a constraint and an index on each of them. Ends with 1 when any request failed.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.source import DEFAULT_PDF
from schema.migrate import MIGRATIONS, migrate
from tests.bench.helper import Helper
from tests.bench.load import checks
from tests.bench.load.__main__ import SHARES
from tests.bench.load.figures import Spread

ARRIVALS_A_SECOND = 68.0
"""An export makes some five requests and is every tenth arrival: 100 requests a second."""
TABLES = ("runs", "links", "visits", "files", "outbox")
USUAL = {
    "column": "ALTER TABLE {table} ADD COLUMN more text;\n"
    "ALTER TABLE {table} ADD CONSTRAINT {table}_more_is_short CHECK (length(more) < 100) NOT VALID;",
    "check": "ALTER TABLE {table} VALIDATE CONSTRAINT {table}_more_is_short;",
    "index": "-- transactional: false\n"
    "SET lock_timeout = '1min';\nDROP INDEX CONCURRENTLY IF EXISTS {table}_more;\n"
    "CREATE INDEX CONCURRENTLY {table}_more ON {table} (more) WHERE more IS NOT NULL;",
}
"""As `make lint` asks for: what takes a lock that everybody feels is by itself, for a moment, on one table."""


@dataclass(frozen=True)
class Moment:
    """What the migrating said, and the seconds that it took, a command's start included."""

    said: list[str]
    seconds: float


def main() -> int:
    given = arguments()
    digest = hashlib.sha256(DEFAULT_PDF.read_bytes()).hexdigest()
    with tempfile.TemporaryDirectory(prefix="handoff-migrating-") as name:
        folder = Path(name)
        newest = max(path.stem for path in MIGRATIONS.glob("*.sql"))
        before = shutil.copytree(MIGRATIONS, folder / "before", ignore=shutil.ignore_patterns(f"{newest}.sql"))
        after = Path(shutil.copytree(MIGRATIONS, folder / "after"))
        write_usual(after, newest)
        with Helper("tests.bench.load.laptop", str(folder / "stack"), str(before)) as laptop:
            where = laptop.ask()
            logs = folder / "stack" / "logs"
            with Helper("tests.bench.load.generator", where["page"], digest) as generator:
                generator.ask({"rate": 10.0, "seconds": 4.0, "shares": {"export": 1.0}, "seed": 1})
                generator.ask(load(given.rate, 8.0))
                lengths = checks.lengths(logs)
                moments: list[Moment] = []
                migrating = threading.Thread(
                    target=migrate_twice, args=(folder, where["database"], given.seconds, moments)
                )
                migrating.start()
                seen = generator.ask(load(given.rate, given.seconds))
                migrating.join()
            failed = sum(server_errors(path, lengths.get(path.name, 0)) for path in logs.iterdir())
    return report(seen, moments, failed)


def write_usual(folder: Path, newest: str) -> None:
    """Each after the other."""
    for table in TABLES:
        for what, statements in USUAL.items():
            name = f"9{len(list(folder.iterdir())):03}_{table}_{what}"
            (folder / f"{name}.sql").write_text(f"-- depends: {newest}\n{statements.format(table=table)}\n")
            newest = name


def load(rate: float, seconds: float) -> dict[str, Any]:
    return {"rate": rate, "seconds": seconds, "shares": SHARES, "seed": 7}


def migrate_twice(folder: Path, url: str, seconds: float, moments: list[Moment]) -> None:
    """At a third and at two thirds of the time."""
    command = [str(Path(sys.executable).with_name("handoff")), "--folder", str(folder / "stack"), "migrate"]

    def by_command() -> list[str]:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    def by_hand() -> list[str]:
        return [f"applied {name}" for name in migrate(url, folder / "after")]

    for step in (by_command, by_hand):
        time.sleep(seconds / 3)
        began = time.monotonic()
        said = step()
        moments.append(Moment(said, time.monotonic() - began))


def server_errors(log: Path, start: int) -> int:
    """How many requests a log tells of that were answered with 5xx, from a byte on."""
    found = 0
    for line in log.read_bytes()[start:].decode("utf-8", "replace").splitlines():
        with suppress(ValueError):
            entry = json.loads(line)
            found += isinstance(entry, dict) and entry.get("status", 0) >= 500
    return found


def report(seen: dict[str, Any], moments: list[Moment], failed: int) -> int:
    for moment in moments:
        print(f"{moment.said[0]} to {moment.said[-1]}, {len(moment.said)}: {moment.seconds * 1000:.0f} ms")
    answers = Spread.of([each for kind, all_of in seen["latencies"].items() if kind != "export" for each in all_of])
    exports = Spread.of(seen["latencies"].get("export", []))
    rate = seen["requests"] / seen["seconds"]
    print(f"{seen['requests']} requests, {rate:.0f} a second")
    print(f"answers: p50 {answers.p50} ms, p99 {answers.p99} ms, worst {answers.worst} ms")
    print(f"{exports.count} exports: p50 {exports.p50} ms, worst {exports.worst} ms")
    print(f"answered with 5xx: {failed}; failed otherwise: {json.dumps(seen['errors'])}")
    well = (
        not failed and not seen["errors"] and [len(moment.said) for moment in moments] == [1, len(TABLES) * len(USUAL)]
    )
    return 0 if well else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.migrating", description=__doc__)
    parser.add_argument("--rate", type=float, default=ARRIVALS_A_SECOND, help="arrivals a second")
    parser.add_argument("--seconds", type=float, default=45.0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
