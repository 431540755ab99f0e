"""Brings a database's schema up to date: `python -m schema.migrate`, with DATABASE_URL in the environment.

yoyo-migrations keeps the book of what was applied. Two deploys at once are kept apart by an advisory lock held in a
transaction, which ends with its connection: yoyo's own lock table would stay locked after a crash. Migrations go
forward only; one that has landed is never edited.
"""

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import yoyo

if TYPE_CHECKING:
    from collections.abc import Iterator

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x48414E444F4646  # "HANDOFF"

# A request is answered or given up within seconds, so no statement of ours may run or wait longer than a person would.
ROLE_SETTINGS = {"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s"}


def migrate(database_url: str) -> list[str]:
    """Apply what is missing and answer with the names of the migrations applied, in order."""
    with _only_one_at_a_time(database_url) as connection:
        backend = yoyo.get_backend("postgresql+psycopg://" + database_url.partition("://")[2])
        try:
            # The role's own limits are for requests; building an index may take longer, waiting for a lock may not.
            backend.connection.execute("SET statement_timeout = '10min'")
            backend.connection.execute("SET idle_in_transaction_session_timeout = 0")
            backend.connection.commit()
            missing = backend.to_apply(yoyo.read_migrations(str(MIGRATIONS)))
            applied = [migration.id for migration in missing]
            backend.apply_migrations(missing)
        finally:
            backend.connection.close()
        for name, value in ROLE_SETTINGS.items():
            connection.execute(f"ALTER ROLE CURRENT_USER SET {name} = '{value}'")
    return applied


@contextmanager
def _only_one_at_a_time(database_url: str) -> "Iterator[psycopg.Connection]":
    with psycopg.connect(database_url) as connection:
        connection.execute("SET LOCAL lock_timeout = '60s'")
        connection.execute("SET LOCAL statement_timeout = '60s'")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        yield connection


def main() -> int:
    """Run from the command line."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith(("postgresql://", "postgres://")):
        print("DATABASE_URL must be set, as postgresql://user:password@host/database", file=sys.stderr)
        return 2
    try:
        applied = migrate(url)
    except psycopg.OperationalError as error:
        print(f"The database of DATABASE_URL does not answer: {str(error).splitlines()[0]}", file=sys.stderr)
        return 2
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
    return 0


if __name__ == "__main__":
    sys.exit(main())
