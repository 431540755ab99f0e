"""Everything the database holds, to show that something changed nothing."""

import json
from typing import Any

from tests.support.handoff import Handoff

TABLES = (
    "runs", "generations", "files", "links", "visits", "outbox", "idempotency_keys", "calls", "call_events",
    "message_outbox",
)  # fmt: skip


def contents(handoff: Handoff) -> dict[str, list[Any]]:
    """The rows of every table, by its name."""
    reads = (f"SELECT '{name}' AS name, to_jsonb({name})::text AS row FROM {name}" for name in TABLES)
    found: dict[str, list[Any]] = {name: [] for name in TABLES}
    for row in handoff.rows(" UNION ALL ".join(reads) + " ORDER BY name, row"):
        found[row["name"]].append(json.loads(row["row"]))
    return found
