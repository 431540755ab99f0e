"""What must hold of the stack when the load is over, however much of it there was."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

NOT_READY_ONCE = """
    SELECT run.state::text, count(*) AS runs FROM (
        SELECT runs.*, (SELECT count(*) FROM files WHERE run_id = runs.id AND stored_at IS NOT NULL) AS stored,
            (SELECT count(*) FROM links JOIN files ON files.id = file_id WHERE run_id = runs.id) AS links
        FROM runs
    ) AS run WHERE state <> 'ready' OR stored <> 1 OR links <> 1 GROUP BY 1 ORDER BY 1
"""
COUNTS = """
    SELECT (SELECT count(*) FROM runs) AS exports, (SELECT count(*) FROM outbox) AS outbox,
        (SELECT count(*) FROM runs WHERE attempt > 1) AS repeated
"""
OF_POSTGRES = re.compile(r"\b(ERROR|FATAL|PANIC):")


def lengths(logs: Path) -> dict[str, int]:
    """How much is in each log."""
    return {path.name: path.stat().st_size for path in logs.iterdir()}


def findings(database: str, logs: Path, before: Mapping[str, int], asked: int) -> list[str]:
    """Sentences on what is wrong; none when all is well.

    before: the logs' lengths when the load began: what makes the schema asks Postgres for what is not there yet.
    asked: how many exports were asked for and seen ready.
    """
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection:
        counts = connection.execute(COUNTS).fetchone()
        unready = connection.execute(NOT_READY_ONCE).fetchall()
    assert counts
    found = [f"{row['runs']} exports are {row['state']}, or have not exactly one file and link" for row in unready]
    if counts["exports"] != asked:
        found.append(f"{asked} exports were asked for, and {counts['exports']} are there")
    if counts["outbox"]:
        found.append(f"{counts['outbox']} messages are left in the outbox")
    if counts["repeated"]:
        found.append(f"{counts['repeated']} exports took more than one attempt")
    return found + all_complaints(logs, before)


def all_complaints(logs: Path, before: Mapping[str, int]) -> list[str]:
    """Of each log, under its name."""
    return [
        f"{path.name}: {line}"
        for path in sorted(logs.glob("*.*"))
        for line in complaints(path, before.get(path.name, 0))
    ]


def complaints(path: Path, start: int = 0) -> list[str]:
    """The lines of a log that tell of an error, from a byte on: a few of them."""
    lines = path.read_bytes()[start:].decode("utf-8", "replace").splitlines()
    return [line[:300] for line in lines if complains(line, path)][:5]


def complains(line: str, path: Path) -> bool:
    if path.suffix == ".log":
        return bool(OF_POSTGRES.search(line))
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError:
        return bool(line.strip())
    return entry.get("level") in ("WARNING", "ERROR", "CRITICAL") or "error" in entry or entry.get("status", 0) >= 500
