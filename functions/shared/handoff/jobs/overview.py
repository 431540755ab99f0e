"""What whoever runs Handoff sees of runs and their messages, whoever asked for them. No function offers it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from handoff.database import Database, load_queries
from handoff.errors import NotFoundError
from handoff.jobs.requests import RunLimits, RunRequests

QUERIES = load_queries("overview")


@dataclass(frozen=True)
class Count:
    """Runs of a kind in a state. Times are RFC 3339 text, here and below."""

    job_type: str
    state: str
    runs: int
    first_change: str
    last_change: str


@dataclass(frozen=True)
class Waiting:
    """Messages of runs (`overdue`: those that the next sweep sends), and those `held` of jobs that are no runs. Ages in
    seconds; `publishes`: how often the sweep sent the one that it sent most."""

    waiting: int
    overdue: int
    oldest: float
    publishes: int
    held: int
    held_oldest: float
    held_publishes: int


@dataclass(frozen=True)
class TroubledRun:
    id: UUID
    job_type: str
    state: str
    outcome: str
    ended_at: str


@dataclass(frozen=True)
class OperatedRun:
    id: UUID
    owner: str
    job_type: str
    document: str | None
    state: str
    try_: int
    attempt: int
    max_attempts: int
    outcome: str | None
    outcome_request: str | None
    given_up_try: int | None
    dead_letter_id: str | None
    created_at: str
    updated_at: str
    started_at: str | None
    ended_at: str | None
    deadline_at: str
    lease_expires_at: str | None
    called_at: str | None
    message_due_at: str | None
    publishes: int | None


class Overview:
    """Each look is one round trip."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> Sequence[Count]:
        return self._database.rows(QUERIES["count_runs"], Count)

    def waiting(self) -> Waiting:
        found = self._database.one(QUERIES["count_waiting"], Waiting)
        assert found is not None
        return found

    def troubled(self, limit: int) -> Sequence[TroubledRun]:
        """Newest first."""
        return self._database.rows(QUERIES["read_troubled"], TroubledRun, limit=limit)

    def run(self, run_id: UUID) -> OperatedRun:
        """Raises NotFoundError."""
        found = self._database.one(QUERIES["read_run"], OperatedRun, id=run_id)
        if found is None:
            raise NotFoundError("There is no run of that id.")
        return found

    def retry(self, run_id: UUID, limits: RunLimits) -> None:
        """Queue it again, as its owner can, within their places. Its message is due as `limits` say, and
        sent by the sweep: the queue's credentials are not needed.

        Raises NotFoundError, StateForbidsError, TooManyActiveError.
        """
        run = self.run(run_id)
        requests: RunRequests = type("Runs", (RunRequests,), {"job_type": run.job_type, "noun": "run"})(
            self._database, limits
        )
        requests.retry(run_id, run.owner, None)
