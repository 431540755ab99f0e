"""Every minute: whatever was lost on the way is found here. Each duty is one statement in its own package."""

import handoff.cold_start

import asyncio
from collections.abc import Callable
from typing import Any

from handoff.calls.sweep import delete_old_calls, delete_old_raw_events
from handoff.errors import HandoffError
from handoff.files.sweep import remove_old_files
from handoff.jobs.held import send_held_messages
from handoff.jobs.sweep import (
    delete_old_idempotency_keys,
    delete_old_runs,
    end_past_deadline,
    publish_due_messages,
    return_expired_leases,
)
from handoff.telemetry import count, log_unexpected, logger
from handoff.wiring import Wiring

wiring = Wiring("sweep")
# One loop for the life of the container: the queue client's connections belong to it.
runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)

# In this order: what ends need not be sent, and an expired lease is sent at once.
DUTIES: dict[str, Callable[[], int]] = {
    "end past deadline": lambda: runner.run(end_past_deadline(wiring.database, wiring.publisher)),
    "return expired leases": lambda: return_expired_leases(wiring.database),
    "publish due messages": lambda: runner.run(
        publish_due_messages(
            wiring.database, wiring.publisher, outbox_grace_seconds=wiring.settings["OUTBOX_GRACE_SECONDS"]
        )
    ),
    "send held messages": lambda: runner.run(
        send_held_messages(wiring.database, wiring.publisher, grace_seconds=wiring.settings["OUTBOX_GRACE_SECONDS"])
    ),
    "remove old files": lambda: remove_old_files(
        wiring.database, wiring.storage, retention_days=wiring.settings["FILE_RETENTION_DAYS"]
    ),
    "delete old runs": lambda: delete_old_runs(wiring.database, retention_days=wiring.settings["RUN_RETENTION_DAYS"]),
    "delete old raw events": lambda: delete_old_raw_events(
        wiring.database, retention_days=wiring.settings["CALL_EVENT_RETENTION_DAYS"]
    ),
    "delete old calls": lambda: delete_old_calls(
        wiring.database, retention_days=wiring.settings["CALL_RETENTION_DAYS"]
    ),
    "delete old idempotency keys": lambda: delete_old_idempotency_keys(wiring.database),
}


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Do every duty, whatever becomes of the others; how many rows each was about. Fails if one failed."""
    logger.append_keys(request_id=context.aws_request_id if context else None)
    done: dict[str, int] = {}
    failed: list[str] = []
    for name, duty in DUTIES.items():
        try:
            done[name] = duty()
        except Exception as error:
            log_unexpected(error, duty=name)
            failed.append(name)
    logger.info("sweep", done=done, failed=failed)
    if failed:
        raise HandoffError(f"not done: {', '.join(failed)}")
    count("SweepsDone")
    return done


handoff.cold_start.started()
