"""Issue a link, revoke a link, and write its URL."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from handoff.database import Database, load_queries
from handoff.errors import FileRemovedError, NotFoundError, NotReadyError
from handoff.links.tokens import LinkTokens
from handoff.telemetry import count

QUERIES = load_queries("links")


@dataclass(frozen=True)
class IssuedLink:
    run_state: str
    file_removed: bool
    created_at: str | None
    expires_at: str | None
    server_time: str


@dataclass(frozen=True)
class RevokedLink:
    id: UUID


class LinkUrls:
    """Links' addresses. They come from the configured base alone, whatever host a request names."""

    def __init__(self, tokens: LinkTokens, public_url: str) -> None:
        self._tokens = tokens
        self._public_url = public_url

    def url(self, link_id: UUID) -> str:
        return f"{self._public_url}/download/{self._tokens.token(link_id)}"


class Links:
    """What an owner can do with the links of their runs."""

    def __init__(self, database: Database, urls: LinkUrls, *, link_ttl_seconds: int) -> None:
        self._database = database
        self._urls = urls
        self._link_ttl_seconds = link_ttl_seconds

    def issue(self, run_id: UUID, owner: str) -> dict[str, Any]:
        """A fresh link to a ready run's file, as clients see it; no job runs.

        Raises NotFoundError, NotReadyError, FileRemovedError.
        """
        link_id = uuid4()
        link = self._issue(link_id, run_id, owner)
        if link is not None and link.run_state == "ready" and link.expires_at is None and not link.file_removed:
            # The run became ready while the statement waited for it; what it saw of the files is older.
            link = self._issue(link_id, run_id, owner)
        if link is None:
            raise NotFoundError
        if link.file_removed:
            raise FileRemovedError
        if link.expires_at is None:
            raise NotReadyError
        count("LinksIssued")
        return {
            "id": str(link_id),
            "url": self._urls.url(link_id),
            "created_at": link.created_at,
            "expires_at": link.expires_at,
            "revoked_at": None,
            "state": "live",
            "downloads": 0,
            "server_time": link.server_time,
        }

    def _issue(self, link_id: UUID, run_id: UUID, owner: str) -> IssuedLink | None:
        return self._database.one(
            QUERIES["issue_link"], IssuedLink,
            id=link_id, run_id=run_id, owner=owner, link_ttl_seconds=self._link_ttl_seconds,
        )  # fmt: skip

    def revoke(self, link_id: UUID, owner: str) -> None:
        """End a link now. Raises NotFoundError."""
        if self._database.one(QUERIES["revoke_link"], RevokedLink, id=link_id, owner=owner) is None:
            raise NotFoundError
