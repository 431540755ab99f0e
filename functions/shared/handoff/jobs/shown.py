"""What owners see of a run, whatever it is of: as it stands, its file, its links, who came, and why it failed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from handoff.links.links import LinkUrls


@dataclass(frozen=True)
class ShownRun:
    """The columns of the part `shown_columns` (runs.sql). Times are RFC 3339 text, made by the database.

    Without an id it is of the time alone.
    """

    id: UUID
    state: str
    version: int
    try_: int
    attempt: int
    max_attempts: int
    outcome: str | None
    outcome_request: str | None
    created_at: str
    updated_at: str
    started_at: str | None
    ended_at: str | None
    deadline_at: str
    file_name: str | None
    file_content_type: str | None
    file_size: int | None
    file_stored_at: str | None
    file_removed_at: str | None
    file_kept_until: str | None
    links: list[dict[str, Any]]
    live_links: int
    seconds_to_next_end: float | None
    visit_count: int
    admitted_count: int
    downloads: int
    visits: list[dict[str, Any]]
    server_time: str

    @property
    def etag_part(self) -> str:
        """Differs whenever the representation does: a version for each change, and what only time and visits move."""
        return f"{self.version}.{self.visit_count}.{self.admitted_count}.{self.live_links}"


def shown(run: ShownRun, urls: LinkUrls, words: Callable[[str], str]) -> dict[str, Any]:
    """The fields that every run has. `words`: a sentence for an outcome."""
    return {
        "state": run.state,
        "try": run.try_,
        "attempt": run.attempt,
        "max_attempts": run.max_attempts,
        "problem": _problem(run, words),
        "created_at": run.created_at,
        "updated_at": run.updated_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "deadline_at": run.deadline_at,
        "file": _file(run),
        "links": [{**link, "url": urls.url(UUID(link["id"]))} for link in run.links],
        "downloads": run.downloads,
    }


def _problem(run: ShownRun, words: Callable[[str], str]) -> dict[str, Any] | None:
    if run.outcome is None:
        return None
    return {"code": run.outcome, "title": words(run.outcome), "reference": run.outcome_request or str(run.id)}


def _file(run: ShownRun) -> dict[str, Any] | None:
    if run.file_stored_at is None:
        return None
    return {
        "name": run.file_name,
        "content_type": run.file_content_type,
        "size": run.file_size,
        "stored_at": run.file_stored_at,
        "removed_at": run.file_removed_at,
        "kept_until": run.file_kept_until,
    }
