"""One connection per container, and what happens when it is lost.

A statement is one round trip: autocommit, no BEGIN. Prepared statements are for direct connections alone, since poolers
hand each transaction to another server connection; they spare planning, which is most of what a look costs. A container
can be frozen between requests and thawed with a dead socket, so a lost connection is ordinary: the same statement runs
once more on a new one. That is safe because every write accepts its own earlier success: ids and lease tokens are made
before the first attempt.
"""

import select
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.rows import class_row

from handoff.database.queries import Query, load_queries
from handoff.errors import ConstraintViolatedError, DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = TypeVar("Row")

# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
CONNECTION: dict[str, Any] = {
    "connect_timeout": 3,  # s
    "tcp_user_timeout": 3000,  # ms; a thawed container's dead socket would hang for minutes
    "keepalives_idle": 30,  # s
    "keepalives_interval": 5,  # s
    "keepalives_count": 2,
    "application_name": "handoff",
}
# https://www.psycopg.org/psycopg3/docs/advanced/prepare.html
POOLED: dict[str, Any] = {"prepare_threshold": None}
DIRECT: dict[str, Any] = {
    # A statement's second run prepares it, which is one round trip more, once.
    "prepare_threshold": 1,
    # A custom setting that the notify trigger asks for: only direct connections have listeners.
    "options": "-c handoff.notify=on",
}


@dataclass(frozen=True)
class Ping:
    server_time: str


class Database:
    """Runs named queries on one lazily opened connection. Not for use by several threads at once."""

    def __init__(self, url: str, *, listen: bool = False) -> None:
        """`listen`: the connection is a direct one, so waiting can use LISTEN (see `wait_for`), and plans are kept."""
        self.can_listen = listen
        self._url = url
        self._connection: psycopg.Connection | None = None
        self._listening: str | None = None

    def rows(self, query: Query, row: type[Row], **parameters: Any) -> list[Row]:
        """Every row the query answers with, as `row` dataclasses whose fields are named after its columns."""
        with _translated_errors():
            try:
                return self._execute(query, row, parameters)
            except psycopg.OperationalError:
                if self._connection is not None and not self._connection.broken:
                    raise  # a refusal (lock or statement timeout)
                self.close()
                return self._execute(query, row, parameters)

    def one(self, query: Query, row: type[Row], **parameters: Any) -> Row | None:
        """The only row the query answers with, or None."""
        rows = self.rows(query, row, **parameters)
        if len(rows) > 1:
            raise AssertionError(f"{query.name} answered with {len(rows)} rows instead of one")
        return rows[0] if rows else None

    def ping(self) -> str:
        """The database's time, as RFC 3339 text."""
        answer = self.one(load_queries("health")["ping"], Ping)
        assert answer is not None
        return answer.server_time

    def listen(self, channel: str) -> None:
        """Have the server tell of notifications on the channel from now on; needs a direct connection."""
        with _translated_errors():
            if self._listening != channel or self._connection is None or self._connection.broken:
                self._connected().execute(f"LISTEN {channel}")  # an identifier of our own, never input
                self._listening = channel

    def wait_for(self, payload: str, timeout: float) -> None:
        """Return when a notification with that payload arrives, or after `timeout` seconds."""
        with _translated_errors():
            for notification in self._connected().notifies(timeout=timeout):
                if notification.payload == payload:
                    return

    def close(self) -> None:
        """Drop the connection; the next query opens a new one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._listening = None

    def _execute(self, query: Query, row: type[Row], parameters: Mapping[str, Any]) -> list[Row]:
        with self._connected().cursor(row_factory=class_row(row)) as cursor:
            cursor.execute(query.sql.encode(), parameters)
            # Not `cursor.description`, which makes an object of each column.
            return cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []

    def _connected(self) -> psycopg.Connection:
        if self._connection is not None and _was_closed_by_the_server(self._connection):
            self.close()
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url, autocommit=True, **CONNECTION, **(DIRECT if self.can_listen else POOLED)
            )
        return self._connection


def _was_closed_by_the_server(connection: psycopg.Connection) -> bool:
    """Whether an idle connection has been hung up on: known from the socket alone, without a round trip."""
    if connection.closed:
        return True
    readable, _, _ = select.select([connection.fileno()], [], [], 0)
    if readable:
        try:
            connection.pgconn.consume_input()
        except psycopg.OperationalError:
            return True
    return False


@contextmanager
def _translated_errors() -> "Iterator[None]":
    try:
        yield
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError from error
    except psycopg.IntegrityError as error:
        raise ConstraintViolatedError(error.diag.constraint_name or "unnamed") from error
