"""Brings a database's schema up to date: `python -m schema.migrate`, with DATABASE_URL in the environment.

yoyo-migrations keeps the book of what was applied. Two deploys at once are kept apart by an advisory lock held in a
transaction, which ends with its connection: yoyo's own lock table would stay locked after a crash. Migrations go
forward only; one that has landed is never edited. Each is a transaction of its own, so one that fails leaves nothing.

An index on a table in use is built by a migration that is none (`-- transactional: false`). It waits for whoever
is at the table, and keeps nobody waiting, so it sets a lock_timeout of its own; and as it may be tried again, it begins
by taking away what it may have left: SET lock_timeout = '1min'; DROP INDEX CONCURRENTLY IF EXISTS …; CREATE INDEX ….
"""

import os
import re
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import yoyo
from psycopg.errors import LockNotAvailable
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI, parse_uri
from yoyo.migrations import default_migration_table

if TYPE_CHECKING:
    from collections.abc import Iterator

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x48414E444F4646  # "HANDOFF"

# A request is answered or given up within seconds, so no statement of ours may run or wait longer than a person would.
ROLE_SETTINGS = {"statement_timeout": "5s", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "10s"}
# The role's own limits are for requests. Building an index may take longer. Waiting for a lock may not: whoever comes
# later waits behind us, and is refused after 2 s.
MIGRATION_SETTINGS = {"statement_timeout": "10min", "lock_timeout": "500ms", "idle_in_transaction_session_timeout": "0"}
ATTEMPTS = 20
"""Of one migration, where somebody else has a lock that it needs."""
PAUSE_SECONDS = 1.0


class MigrationError(Exception):
    """Why the schema is not up to date, in words that hold neither address nor password of the database."""


class Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo's for psycopg 3. Each migration has a connection of its own, and each connection the settings.

    It is the driver that reads the URL, as it does for the functions: yoyo would read some of them otherwise.
    """

    @classmethod
    def of(cls, database_url: str) -> "Backend":
        return cls(parse_uri("postgresql+psycopg:///")._replace(args={"url": database_url}), default_migration_table)

    def connect(self, dburi: DatabaseURI) -> psycopg.Connection:
        return psycopg.connect(dburi.args["url"], autocommit=True)

    def init_connection(self, connection: psycopg.Connection) -> None:
        super().init_connection(connection)
        for name, value in MIGRATION_SETTINGS.items():
            connection.execute(f"SET {name} = '{value}'")

    @contextmanager
    def lock(self, timeout: float = 0) -> "Iterator[None]":
        """Held already, as an advisory lock: yoyo's own would outlive a crash."""
        yield


def migrate(database_url: str, migrations: Path = MIGRATIONS) -> list[str]:
    """Apply what is missing and answer with the names of the migrations applied, in order. Raises MigrationError.

    Not through a pooler: what is set for a connection here would be left to whoever has it next.
    """
    with _only_one_at_a_time(database_url) as connection:
        try:
            with Backend.of(database_url) as book:
                missing = book.to_apply(yoyo.read_migrations(str(migrations)))
                for migration in missing:
                    _apply(book, migration)
            for name, value in ROLE_SETTINGS.items():
                connection.execute(f"ALTER ROLE CURRENT_USER SET {name} = '{value}'")
        except psycopg.Error as error:
            # Such as a role that may not make tables: since Postgres 15 only the owner of the database may.
            raise MigrationError(f"the role of DATABASE_URL may not do this, or cannot: {_said(error)}") from error
    return [migration.id for migration in missing]


def _apply(book: Backend, migration: yoyo.migrations.Migration) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            book.apply_one(migration)
            return
        except LockNotAvailable as error:
            if attempt == ATTEMPTS:
                raise MigrationError(
                    f"{migration.id} found something locked, {ATTEMPTS} times{_left_by(migration)}"
                ) from error
            time.sleep(PAUSE_SECONDS)
        except psycopg.Error as error:
            raise MigrationError(f"{migration.id} failed{_left_by(migration)}: {_said(error)}") from error


def _said(error: psycopg.Error) -> str:
    """The first line alone: DETAIL quotes rows."""
    return f"{error.diag.message_primary or type(error).__name__} (SQLSTATE {error.sqlstate})"


def _left_by(migration: yoyo.migrations.Migration) -> str:
    return " and left nothing behind" if migration.use_transactions else ", and may have left an invalid index"


@contextmanager
def _only_one_at_a_time(database_url: str) -> "Iterator[psycopg.Connection]":
    with _connect(database_url) as connection:
        connection.execute("SET LOCAL lock_timeout = '60s'")
        connection.execute("SET LOCAL statement_timeout = '60s'")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        try:
            # Without a parameter it leaves no snapshot open, for whose end an index that is built meanwhile would wait.
            connection.execute(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        except (LockNotAvailable, psycopg.errors.QueryCanceled) as error:
            raise MigrationError("another deployment has been migrating for a minute; try again after it") from error
        yield connection


def _connect(database_url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(database_url, connect_timeout=10)
    except psycopg.OperationalError as error:
        # libpq says: connection to server at "host" (address), port N failed: FATAL:  password authentication failed
        said = str(error).strip().splitlines()[0].rpartition(" failed: ")[2]
        said = re.sub(r"resolve host '.*'", "resolve its host", said)
        raise MigrationError(f"the database of DATABASE_URL does not let us in: {said}") from error
    except psycopg.ProgrammingError as error:
        # It quotes the URL.
        raise MigrationError("DATABASE_URL cannot be read as a URL of Postgres") from error.with_traceback(None)


def main() -> int:
    """Run from the command line."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith(("postgresql://", "postgres://")):
        print("DATABASE_URL must be set, as postgresql://user:password@host/database", file=sys.stderr)
        return 2
    try:
        applied = migrate(url)
    except MigrationError as error:
        print(str(error)[0].upper() + str(error)[1:], file=sys.stderr)
        return 2
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
    return 0


if __name__ == "__main__":
    sys.exit(main())
