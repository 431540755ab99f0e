"""What the readings of calls cost: .venv/bin/python -m tests.bench.calls [--calls 1000000]

Fills a real Postgres of its own with a day of calls, one in fifty without an end, and reads them as the functions do,
a round trip each: suspected missed endings (a page of 20 and the count of older ones), the newest calls, the timeline.
Then the plan of the first, and the same without its index. Some two minutes.
"""

import argparse
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import psycopg

from handoff.calls.read import CallReader
from handoff.database import Database, load_queries
from infra.local.postgres import temporary_postgres
from schema.migrate import migrate
from tests.bench.calls.history import HOURS, LOST, fill, plan

ROUNDS = 300
HOUR = timedelta(hours=1)
EXPECTED = {"max_call": HOUR, "window": 2 * HOUR}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--calls", type=int, default=1_000_000)
    calls = arguments.parse_args().calls
    with temporary_postgres() as postgres:
        migrate(postgres.url)
        began = time.monotonic()
        fill(postgres.url, calls)
        print(f"{calls:,} calls over {HOURS} h, one in {LOST} without an end, in {time.monotonic() - began:.0f} s\n")
        database = Database(postgres.url)
        reader = CallReader(database)
        page = reader.failures(**EXPECTED, limit=20, cursor=None).body
        print(f"a page of {len(page['items'])} suspected, {page['older_unresolved']:,} older\n")
        cursor = page["next_cursor"]
        measure("failures", partial(reader.failures, **EXPECTED, limit=20, cursor=None))
        measure("failures, next page", partial(reader.failures, **EXPECTED, limit=20, cursor=cursor))
        measure("failures, 100 a page", partial(reader.failures, **EXPECTED, limit=100, cursor=None))
        measure("newest calls", partial(reader.page, limit=20, cursor=None))
        measure("timeline of 2 h", partial(reader.timeline, **EXPECTED), rounds=50)
        print("\n" + "\n".join(plan_of_failures(postgres.url)))
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("DROP INDEX calls_unresolved")
        print()
        measure("failures without the index", partial(reader.failures, **EXPECTED, limit=20, cursor=None), rounds=20)
        database.close()


def measure(what: str, read: Callable[[], object], *, rounds: int = ROUNDS) -> None:
    taken = []
    for _ in range(rounds + 5):
        began = time.perf_counter()
        read()
        taken.append((time.perf_counter() - began) * 1000)
    warm = sorted(taken[5:])
    p50, p95, p99 = (warm[min(len(warm) - 1, int(len(warm) * share))] for share in (0.50, 0.95, 0.99))
    print(f"{what:28} p50 {p50:7.2f} ms   p95 {p95:7.2f} ms   p99 {p99:7.2f} ms")


def plan_of_failures(database_url: str) -> list[str]:
    parameters = {"max_call": 3600.0, "window": 7200.0, "before": None, "before_id": None, "limit": 21}
    return plan(database_url, load_queries("calls")["read_failures"].sql, **parameters)


if __name__ == "__main__":
    main()
