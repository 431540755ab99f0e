"""All runs of the model, the messages that were sent for them, and what the sweep does to them."""

from datetime import datetime, timedelta

from tests.machine.model import GRACE, MAX_ACTIVE, UNFINISHED, File, Link, Run

KEY_LIFE = timedelta(hours=24)
ORPHAN_LIFE = timedelta(hours=1)
FILE_RETENTION = timedelta(days=7)
RUN_RETENTION = timedelta(days=30)


class History:
    """Everything that was asked for and is still known."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.queue_takes = True
        self.runs: list[Run] = []
        self.keys: dict[tuple[int, str], tuple[Run, datetime]] = {}
        self.messages: list[tuple[str, int]] = []

    def run(self, run_id: str) -> Run | None:
        return next((run for run in self.runs if run.id == run_id), None)

    @property
    def links(self) -> list[Link]:
        return [link for run in self.runs for link in run.links]

    def has_place(self, owner: int) -> bool:
        return sum(run.owner == owner and run.state in UNFINISHED for run in self.runs) < MAX_ACTIVE

    def known(self, owner: int, key: str | None) -> Run | None:
        """The run that a key stands for."""
        run, since = self.keys.get((owner, key or ""), (None, self.now))
        return run if since > self.now - KEY_LIFE else None

    def add(self, run_id: str, owner: int, key: str | None) -> None:
        run = Run(run_id, owner, self.now)
        self.runs.append(run)
        self.keys[owner, key or run_id] = (run, self.now)
        self.publish(run)

    def publish(self, run: Run) -> None:
        if self.queue_takes:
            self.messages.append((run.id, run.try_))

    def old_messages(self) -> list[tuple[str, int]]:
        """Of unfinished runs, messages that a later one has replaced."""
        tries = {run.id: run.try_ for run in self.runs if run.state in UNFINISHED}
        return [(run_id, try_) for run_id, try_ in self.messages if try_ < tries.get(run_id, 0)]

    def moments(self) -> list[datetime]:
        """When something will end or be due by itself."""
        found = [run.deadline_at for run in self.runs if run.state in UNFINISHED]
        found += [run.due_at for run in self.runs if run.state == "queued"]
        found += [run.lease_ends for run in self.runs if run.lease_ends]
        found += [link.expires_at for link in self.links if not link.revoked_at]
        found += [since + KEY_LIFE for _, since in self.keys.values()]
        found += [file.stored_at + FILE_RETENTION for run in self.runs for file in run.files if file.stored_at]
        return sorted({moment for moment in found if moment > self.now})

    def sweep(self) -> dict[str, int]:
        """How much each duty has to do."""
        return {
            "end past deadline": self._end_past_deadline(),
            "return expired leases": self._return_expired_leases(),
            "publish due messages": self._publish_due_messages(),
            "send held messages": 0,
            "remove old files": self._remove_old_files(),
            "delete old runs": self._delete_old_runs(),
            "delete old raw events": 0,
            "delete old calls": 0,
            "delete old idempotency keys": self._delete_old_keys(),
        }

    def _end_past_deadline(self) -> int:
        late = [run for run in self.runs if run.state in UNFINISHED and run.deadline_at <= self.now]
        for run in late:
            run.end("timed_out", self.now, "deadline")
        return len(late)

    def _return_expired_leases(self) -> int:
        expired = [run for run in self.runs if run.lease_ends and run.lease_ends <= self.now]
        for run in expired:
            if run.given_up_try == run.try_:
                run.end("failed", self.now, "worker_lost")
            else:
                run.outcome = "worker_lost"
                run.wait(self.now)
        return len(expired)

    def _publish_due_messages(self) -> int:
        due = [run for run in self.runs if run.state == "queued" and run.due_at <= self.now]
        for run in due:
            run.due_at = self.now + GRACE * 2 ** min(run.publishes, 2)
            run.publishes, run.try_ = run.publishes + 1, run.try_ + 1
            self.publish(run)
        return len(due)

    def _remove_old_files(self) -> int:
        old = [file for run in self.runs for file in run.files if not file.removed_at and self._is_old(file)]
        for file in old:
            file.removed_at = self.now
        return len(old)

    def _is_old(self, file: File) -> bool:
        if file.stored_at:
            return file.stored_at <= self.now - FILE_RETENTION
        return file.created_at <= self.now - ORPHAN_LIFE and file.run.lease is not file

    def _delete_old_runs(self) -> int:
        old = {
            run
            for run in self.runs
            if run.ended_at and run.ended_at <= self.now - RUN_RETENTION and all(file.removed_at for file in run.files)
        }
        self.runs = [run for run in self.runs if run not in old]
        self.keys = {name: kept for name, kept in self.keys.items() if kept[0] not in old}
        return len(old)

    def _delete_old_keys(self) -> int:
        kept = {name: known for name, known in self.keys.items() if known[1] > self.now - KEY_LIFE}
        deleted = len(self.keys) - len(kept)
        self.keys = kept
        return deleted
