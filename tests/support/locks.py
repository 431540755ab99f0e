"""Knowing that a statement waits for a lock."""

from typing import Any

import psycopg

from tests.support.stack import wait_for


def wait_for_a_lock_to_be_waited_for(watcher: psycopg.Connection[Any], then: str = "pid") -> None:
    """Return when somebody in the watcher's database waits for a lock; `then` is selected of each who does."""
    waiting = (
        f"SELECT {then} FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    ).encode()
    wait_for(lambda: watcher.execute(waiting).rowcount, seconds=10)
