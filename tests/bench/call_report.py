"""What a call report costs: .venv/bin/python -m tests.bench.call_report

Of 10, 1,000 and 10,000 calls in a real Postgres: the read, the whole until the last byte, the file, and the most memory
that the process which typesets has had.
"""

import resource
import sys
import time

import psycopg

from handoff.database import Database
from handoff.exports.documents.base import Workshop
from handoff.exports.documents.call_report import MOST_CALLS, CallReport
from infra.local.postgres import temporary_postgres
from schema.migrate import migrate

COUNTS = (10, 1_000, MOST_CALLS)
ROUNDS = 5
CALLS = """
    INSERT INTO calls (
        id, carrier, call_id, started_at, ended_at, first_event_at, last_event_at, last_event, events, created_at,
        updated_at
    )
    SELECT
        gen_random_uuid(), 'twilio', 'CA' || md5(number::text), at,
        CASE WHEN number %% 50 <> 0 THEN at + make_interval(secs => number %% 700) END, at, at, 'completed', 2, at, at
    FROM generate_series(1, %(count)s::int) AS number,
        LATERAL (SELECT '2026-06-14 10:00Z'::timestamptz + interval '2 h' * number / (%(count)s + 1.0) AS at) AS began
"""
PERIOD = {"from": "2026-06-14T10:00:00Z", "to": "2026-06-14T12:00:00Z", "time_zone": "Europe/Berlin"}


def main() -> None:
    unit = 1024 if sys.platform == "linux" else 1
    print("  calls    p50 s    max s        file   memory")
    with temporary_postgres() as postgres:
        migrate(postgres.url)
        database = Database(postgres.url)
        for count in COUNTS:
            with psycopg.connect(postgres.url, autocommit=True) as connection:
                connection.execute("TRUNCATE calls CASCADE")
                connection.execute(CALLS.encode(), {"count": count})
                connection.execute("ANALYZE calls")
            seconds, size = zip(*(make(database) for _ in range(ROUNDS)), strict=True)
            # The counts grow, so the most so far is of this one.
            most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
            middle = sorted(seconds)[ROUNDS // 2]
            print(f"{count:>7,} {middle:>8.3f} {max(seconds):>8.3f} {size[0] / 1e3:>8,.0f} kB {most / 1e6:>5.0f} MB")
        database.close()


def make(database: Database) -> tuple[float, int]:
    """Seconds and bytes."""
    began = time.perf_counter()

    def no_source(seconds: float) -> None:
        raise AssertionError("a call report has no source")

    workshop = Workshop(database, no_source, "", lambda: 60.0)  # type: ignore[arg-type]
    with CallReport().render(PERIOD, workshop) as rendering:
        size = sum(len(chunk) for chunk in rendering.chunks)
    return time.perf_counter() - began, size


if __name__ == "__main__":
    main()
