"""Removes what is past retention, and what a worker wrote after it had lost its lease."""

import time
from dataclasses import dataclass
from uuid import UUID

from handoff.database import Database, load_queries
from handoff.storage import Storage, StorageError
from handoff.telemetry import logger

QUERIES = load_queries("files")
BATCH = 100
"""Rows of one statement."""
SECONDS = 20
"""How long one sweep goes on with it; what is left waits for the next, a minute later."""
ORPHAN_SECONDS = 3600
"""Older than the longest job (14 minutes) can be, so that nobody writes to a key after it was removed."""


@dataclass(frozen=True)
class RemovableFile:
    id: UUID
    key: str


def remove_old_files(database: Database, storage: Storage, *, retention_days: int, seconds: float = SECONDS) -> int:
    """That they are being removed is recorded before, that they are removed after: a crash between is made good by the
    next sweep. From the first record on their links answer 410."""
    began, total, all_went = time.monotonic(), 0, True
    while all_went and time.monotonic() - began < seconds:
        removable = database.rows(
            QUERIES["take_removable_files"], RemovableFile,
            limit=BATCH, retention_days=retention_days, orphan_seconds=ORPHAN_SECONDS,
        )  # fmt: skip
        # What this sweep has no time for is taken again by the next.
        removed = [file.id for file in removable if time.monotonic() - began < seconds and _delete(storage, file)]
        if removed:
            database.rows(QUERIES["mark_removed"], RemovableFile, ids=removed)
        total += len(removed)
        # With fewer there are no others; and what could not be deleted just now would be taken again.
        all_went = len(removed) == BATCH
    return total


def _delete(storage: Storage, file: RemovableFile) -> bool:
    try:
        storage.delete(file.key)
        return True
    except StorageError as error:
        logger.warning("not removed yet", file=str(file.id), reason=type(error).__name__)
        return False
