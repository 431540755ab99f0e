"""Moves time for the sweep, by changing rows behind the functions' back, and looks at what became of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from handoff.storage import Storage
from tests.support.handoff import Handoff
from tests.support.servers import PublishEndpoint
from tests.support.tables import contents

NOTHING = {
    "end past deadline": 0,
    "return expired leases": 0,
    "publish due messages": 0,
    "send held messages": 0,
    "remove old files": 0,
    "delete old runs": 0,
    "delete old raw events": 0,
    "delete old calls": 0,
    "delete old idempotency keys": 0,
}


def lease_to_somebody(handoff: Handoff, export_id: str, ends_in: float) -> None:
    """A worker claimed the run and was not heard of again."""
    handoff.rows(
        "WITH run AS (UPDATE runs SET state = 'running', attempt = 1, started_at = now(),"
        " lease_token = gen_random_uuid(), lease_expires_at = clock_timestamp() + make_interval(secs => %(ends_in)s)"
        " WHERE id = %(id)s RETURNING id, lease_token),"
        " message AS (DELETE FROM outbox USING run WHERE run_id = run.id)"
        " INSERT INTO files (id, run_id, key, created_at)"
        " SELECT lease_token, id, 'exports/' || id || '/' || lease_token, now() FROM run",
        id=export_id,
        ends_in=ends_in,
    )


def make_due(handoff: Handoff) -> None:
    handoff.rows("UPDATE outbox SET publish_after = clock_timestamp()")


def the_export(handoff: Handoff) -> dict[str, Any]:
    (row,) = contents(handoff)["runs"]
    found: dict[str, Any] = row
    return found


def tries_sent(queue: PublishEndpoint) -> list[int]:
    return [message.json["try"] for message in queue.published]


class WatchedStorage:
    """The store, with something that happens before a file is deleted."""

    def __init__(self, storage: Storage, before: Callable[[str], object]) -> None:
        self._storage = storage
        self._before = before

    def delete(self, key: str) -> None:
        self._before(key)
        self._storage.delete(key)


def watch(handoff: Handoff, before: Callable[[str], object]) -> None:
    storage = handoff.callback.wiring.storage
    handoff.sweeper.wiring.__dict__["storage"] = WatchedStorage(storage, before)


def stored_keys(handoff: Handoff) -> set[str]:
    folder = Path(handoff.environment["STORAGE_FOLDER"])
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name.removesuffix("@") for name in found}


def age(handoff: Handoff, *, days: float = 0, seconds: float = 0) -> None:
    """Let that time pass for every file."""
    handoff.rows(
        "UPDATE files SET stored_at = stored_at - span, created_at = created_at - span"
        " FROM (SELECT make_interval(secs => %(seconds)s) AS span) AS clock",
        seconds=days * 86_400 + seconds,
    )
