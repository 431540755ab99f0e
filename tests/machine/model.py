"""What an export, its messages, files, links and visits must be after each step: the rules, step by step.

Nothing waits here and nothing happens at once, so the database's state can be told exactly, to the microsecond.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

LINK_TTL = timedelta(seconds=120)
LEASE = timedelta(seconds=30)
DEADLINE = timedelta(seconds=900)
GRACE = timedelta(seconds=30)
RETRIES = 3
MAX_ACTIVE = 3
UNFINISHED = ("queued", "running")


@dataclass
class Visit:
    at: datetime
    outcome: str
    method: str
    range: str | None
    counted: bool  # if it is admitted, it is a download


@dataclass(eq=False)
class Link:
    run: "Run"
    created_at: datetime
    id: str = ""
    url: str = ""
    revoked_at: datetime | None = None
    visits: list[Visit] = field(default_factory=list)

    @property
    def expires_at(self) -> datetime:
        return self.created_at + LINK_TTL

    def state(self, now: datetime) -> str:
        if self.run.result.removed_at:
            return "removed"
        if self.revoked_at:
            return "revoked"
        return "ended" if self.expires_at <= now else "live"

    @property
    def downloads(self) -> int:
        return sum(visit.counted and visit.outcome == "admitted" for visit in self.visits)


@dataclass(eq=False)
class File:
    """A worker's key, and its lease while it holds that."""

    run: "Run"
    created_at: datetime
    stored_at: datetime | None = None
    removed_at: datetime | None = None
    body: bytes = b""


@dataclass(eq=False)
class Run:
    id: str
    owner: int
    created_at: datetime
    state: str = "queued"
    try_: int = 1
    attempt: int = 0
    outcome: str | None = None
    given_up_try: int | None = None
    lease: File | None = None
    lease_ends: datetime | None = None
    ended_at: datetime | None = None
    publishes: int = 0
    files: list[File] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.deadline_at = self.created_at + DEADLINE
        self.due_at = self.created_at + GRACE

    @property
    def result(self) -> File:
        return next(file for file in self.files if file.stored_at)

    def wait(self, due_at: datetime) -> None:
        """For a worker; its message is sent again when it is due."""
        self.state, self.publishes, self.due_at = "queued", 0, due_at
        self.lease = self.lease_ends = self.ended_at = None

    def end(self, state: str, now: datetime, outcome: str | None) -> None:
        self.state, self.ended_at, self.outcome = state, now, outcome
        self.lease = self.lease_ends = None

    def claim(self, now: datetime) -> str:
        """Whether it is now claimed, is leased to somebody else, or there is nothing to do: it is done."""
        leased = self.lease_ends is not None and self.lease_ends > now
        if self.state in UNFINISHED and not leased and self.deadline_at > now:
            self.lease = File(self, now)
            self.files.append(self.lease)
            self.state, self.lease_ends, self.attempt = "running", now + LEASE, self.attempt + 1
            return "claimed"
        return "leased" if leased else "done"

    def complete(self, file: File, body: bytes, now: datetime) -> None:
        """A worker that has lost its lease changes nothing."""
        if self.lease is file:
            self.end("ready", now, None)
            file.stored_at, file.body = now, body
            self.links.append(Link(self, now))

    def fail(self, file: File, now: datetime, try_: int, retried: int, outcome: str, permanent: bool) -> None:
        if self.lease is file:
            if permanent or (retried >= RETRIES and try_ == self.try_):
                self.end("failed", now, outcome)
            else:
                self.outcome = outcome
                self.wait(now + GRACE + timedelta(seconds=5 * 2 ** min(retried, RETRIES)))

    def give_up(self, try_: int, now: datetime) -> None:
        if try_ == self.try_:
            self.given_up_try = try_
            if self.state in UNFINISHED and not (self.lease_ends and self.lease_ends > now):
                self.end("failed", now, self.outcome or "undeliverable")

    # What its owner does is answered with a status.

    def cancel(self, now: datetime) -> int:
        if self.state in UNFINISHED:
            self.end("canceled", now, self.outcome)
        return 200 if self.state == "canceled" else 409

    def retry(self, now: datetime, has_place: bool) -> int:
        if self.state in (*UNFINISHED, "ready"):
            return 409
        if not has_place:
            return 429
        self.try_, self.attempt, self.outcome, self.given_up_try = self.try_ + 1, 0, None, None
        self.deadline_at = now + DEADLINE
        self.wait(now + GRACE)
        return 202

    def issue(self, now: datetime) -> int:
        if self.state != "ready":
            return 409
        if self.result.removed_at:
            return 410
        self.links.append(Link(self, now))
        return 201
