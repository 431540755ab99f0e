"""What holds after every step: the rows are those of the model; and, whatever the model says, the promises."""

from collections import Counter
from typing import Any

from tests.machine.history import History
from tests.machine.model import LINK_TTL, MAX_ACTIVE, UNFINISHED, Run
from tests.machine.world import Rows

Row = dict[str, Any]
EXPORT_COLUMNS = (
    "state", "try", "attempt", "outcome", "given_up_try", "created_at", "deadline_at", "lease_expires_at", "ended_at",
)  # fmt: skip


def assert_agreement(history: History, rows: Rows) -> None:
    """The database has what the model has, and nothing else."""
    assert {row["id"]: [row[name] for name in EXPORT_COLUMNS] for row in rows["runs"]} == {
        run.id: _export(run) for run in history.runs
    }
    assert {row["run_id"]: (row["publish_after"], row["publishes"]) for row in rows["outbox"]} == {
        run.id: (run.due_at, run.publishes) for run in history.runs if run.state == "queued"
    }
    assert Counter(
        (row["run_id"], row["created_at"], row["stored_at"], row["removing_at"], row["removed_at"], row["size"])
        for row in rows["files"]
    ) == Counter(
        (run.id, file.created_at, file.stored_at, file.removed_at, file.removed_at, len(file.body) or None)
        for run in history.runs
        for file in run.files
    )
    assert {row["id"]: (row["created_at"], row["expires_at"], row["revoked_at"]) for row in rows["links"]} == {
        link.id: (link.created_at, link.expires_at, link.revoked_at) for link in history.links
    }
    assert Counter(
        (row["link_id"], row["at"], row["outcome"], row["method"], row["range"], row["counted"])
        for row in rows["visits"]
    ) == Counter(
        (link.id, visit.at, visit.outcome, visit.method, visit.range, visit.counted)
        for link in history.links
        for visit in link.visits
    )
    assert Counter((row["run_id"], row["created_at"]) for row in rows["idempotency_keys"]) == Counter(
        (run.id, since) for run, since in history.keys.values()
    )


def _export(run: Run) -> list[Any]:
    return [
        run.state, run.try_, run.attempt, run.outcome, run.given_up_try, run.created_at, run.deadline_at,
        run.lease_ends, run.ended_at,
    ]  # fmt: skip


def assert_promises(rows: Rows, stored_keys: set[str]) -> None:
    """What the rows alone must be, without the model."""
    exports, files, links = (_by_id(rows[name]) for name in ("runs", "files", "links"))
    results = [file for file in files.values() if file["stored_at"]]
    assert {row["run_id"] for row in rows["outbox"]} == {
        row["id"] for row in exports.values() if row["state"] == "queued"
    }
    assert max(Counter(file["run_id"] for file in results).values(), default=0) <= 1
    assert {file["run_id"] for file in results} == {row["id"] for row in exports.values() if row["state"] == "ready"}
    unfinished = [row for row in exports.values() if row["state"] in UNFINISHED]
    assert max(Counter(row["owner"] for row in unfinished).values(), default=0) <= MAX_ACTIVE
    for row in exports.values():
        assert (row["ended_at"] is None) == (row["state"] in UNFINISHED)
        assert row["outcome"] or row["state"] not in ("failed", "timed_out")
    for link in links.values():
        assert link["expires_at"] == link["created_at"] + LINK_TTL
        assert exports[files[link["file_id"]]["run_id"]]["state"] == "ready"
    for visit in rows["visits"]:
        if visit["outcome"] in ("admitted", "failed"):
            link = links[visit["link_id"]]
            assert visit["at"] < link["expires_at"]
            assert link["revoked_at"] is None or visit["at"] <= link["revoked_at"]
    # Every file that a link may lead to is there, and nothing is there that no row knows of.
    assert {file["key"] for file in results if not file["removing_at"]} <= stored_keys
    assert stored_keys <= {file["key"] for file in files.values() if not file["removed_at"]}


def assert_no_step_back(before: Rows, after: Rows) -> None:
    """Ends are final, and what counts up does not go down."""
    for old, new in _pairs(before, after, "runs"):
        assert old["state"] != "ready" or new["state"] == "ready"
        assert new["try"] >= old["try"]
        assert new["version"] >= old["version"]
        assert new["created_at"] == old["created_at"]
        if old["state"] in UNFINISHED:
            assert new["attempt"] >= old["attempt"]
            assert new["deadline_at"] == old["deadline_at"]
        changed = {name for name in old if old[name] != new[name]} - {"given_up_try", "dead_letter_id"}
        assert not changed or new["version"] > old["version"], f"nobody is told of {changed}"
    for old, new in _pairs(before, after, "links"):
        assert new["expires_at"] == old["expires_at"]
        assert old["revoked_at"] is None or new["revoked_at"] == old["revoked_at"]
    for old, new in _pairs(before, after, "files"):
        for name in ("stored_at", "removing_at", "removed_at"):
            assert old[name] is None or new[name] == old[name]
    for old, new in _pairs(before, after, "visits"):
        assert old == new
    gone = {row["id"] for row in before["runs"]} - {row["id"] for row in after["runs"]}
    for row in before["runs"]:
        assert row["id"] not in gone or row["ended_at"], "an unfinished run is never deleted"


def _pairs(before: Rows, after: Rows, table: str) -> list[tuple[Row, Row]]:
    rows = _by_id(before[table])
    return [(rows[row["id"]], row) for row in after[table] if row["id"] in rows]


def _by_id(rows: list[Row]) -> dict[str, Row]:
    return {row["id"]: row for row in rows}
