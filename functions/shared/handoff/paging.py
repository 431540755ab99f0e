"""What is read in pages, newest first: a representation with its ETag, and the cursor of the page after it."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from handoff.errors import InvalidQueryError


@dataclass(frozen=True)
class Look:
    """A representation, its ETag, and when it will change by itself (a link's end), in seconds from now."""

    etag: str
    body: dict[str, Any]
    server_time: str
    seconds_to_change: float | None = None


def page_etag(parts: Iterable[str]) -> str:
    """An ETag that differs whenever one of the parts does."""
    return f'"{hashlib.sha256(",".join(parts).encode()).hexdigest()[:32]}"'


def to_cursor(moment: str, row_id: UUID) -> str:
    """Of the last row of a page: the moment that pages are in the order of, as RFC 3339, and its id."""
    return base64.urlsafe_b64encode(f"{moment} {row_id}".encode()).decode()


def from_cursor(cursor: str) -> tuple[str, UUID]:
    """Raises InvalidQueryError for a cursor not of ours."""
    try:
        moment, _, row_id = base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii").partition(" ")
        return datetime.fromisoformat(moment).astimezone(UTC).isoformat(), UUID(row_id)
    except (ValueError, OverflowError):
        raise InvalidQueryError("cursor must be a next_cursor that was given with an earlier page") from None
