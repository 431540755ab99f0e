"""One request on a link: admitted or refused by one statement, then answered from storage."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from handoff.database import Database, load_queries
from handoff.errors import DatabaseUnavailableError
from handoff.links.inert_type import inert_type
from handoff.links.ranges import ByteRange, parse_range
from handoff.links.tokens import LinkTokens
from handoff.storage import Storage, StorageError, StorageUnavailableError, attachment
from handoff.telemetry import count, logger

QUERIES = load_queries("links")

MAX_BODY_BYTES = 4_500_000
"""What fits a Lambda answer: 6 MB with the body in base64 (4/3 of its size) and headers beside it.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

REDIRECT_SECONDS = 15
"""How long a redirect to storage works at most: how long one that was given outlives a revocation."""

# The whole list: nothing that storage or the source says gets through.
BODY_HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Accept-Ranges": "bytes",
}


@dataclass(frozen=True)
class Visit:
    """One request on a link."""

    method: str
    range: str | None = None
    if_range: str | None = None
    user_agent: str | None = None
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Admission:
    """What the database decided, and the file it is about."""

    outcome: str
    key: str
    etag: str
    name: str
    content_type: str
    size: int
    admitted_at: datetime
    seconds_left: float


@dataclass(frozen=True)
class Answer:
    """What to answer: `outcome` names the refusal, or is "admitted"."""

    outcome: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Downloads:
    """Answers requests on links."""

    def __init__(self, database: Database, tokens: LinkTokens, storage: Callable[[], Storage]) -> None:
        """`storage` is called when bytes are first wanted: its client is the slowest thing to import."""
        self._database = database
        self._tokens = tokens
        self._storage = storage

    def download(self, token: str, visit: Visit) -> Answer:
        """The file, a part of it, a redirect to it, or why not. Never raises for what a visitor can cause."""
        link_id = self._tokens.link_id(token)
        try:
            return self._visit(link_id, visit) if link_id else _refuse("unknown", 404)
        except DatabaseUnavailableError:
            return _refuse("unavailable", 503)

    def _visit(self, link_id: UUID, visit: Visit) -> Answer:
        admission = self._admit(link_id, visit)
        if admission is None:
            return _refuse("unknown", 404)
        if admission.outcome != "admitted":
            return _refuse(admission.outcome, 410)
        try:
            return self._answer(admission, visit)
        except StorageError as error:
            logger.error("storage failed", link=str(link_id), reason=type(error).__name__)
            self._database.rows(QUERIES["fail_visit"], Admission, visit_id=visit.id)
            return _refuse("failed", 502)

    def _admit(self, link_id: UUID, visit: Visit) -> Admission | None:
        wanted = parse_range(visit.range) or ByteRange(None, None, None)
        return self._database.one(
            QUERIES["download_link"], Admission,
            id=link_id, visit_id=visit.id, method=visit.method, user_agent=_clean(visit.user_agent),
            range=_clean(visit.range) if wanted != ByteRange(None, None, None) else None,
            if_range=_clean(visit.if_range), first_byte=wanted.first, suffix_length=wanted.suffix_length,
        )  # fmt: skip

    def _answer(self, file: Admission, visit: Visit) -> Answer:
        headers = {
            **BODY_HEADERS,
            "Content-Type": inert_type(file.content_type),
            "Content-Disposition": attachment(file.name),
            "ETag": file.etag,
        }
        wanted = parse_range(visit.range) if visit.method == "GET" else None
        if visit.if_range is not None and visit.if_range != file.etag:
            wanted = None
        status, start, end = 200, 0, file.size
        if wanted is not None:
            part = wanted.within(file.size)
            if part is None:
                return Answer("range", 416, {"Content-Range": f"bytes */{file.size}", "Accept-Ranges": "bytes"})
            status, (start, end) = 206, part
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        headers["Content-Length"] = str(end - start)
        if visit.method == "HEAD":
            return Answer("admitted", status, headers)
        if end - start > MAX_BODY_BYTES:
            return self._redirect(file)
        count("Downloads")
        with self._storage().open(file.key, start, end) as stream:
            if stream.size != file.size:
                raise StorageUnavailableError  # truncated or replaced: not the file that its ETag promises
            return Answer("admitted", status, headers, b"".join(stream))

    def _redirect(self, file: Admission) -> Answer:
        # In a link's last seconds they begin before now, so that they end with the link.
        signed_at = file.admitted_at - timedelta(seconds=max(0.0, REDIRECT_SECONDS - file.seconds_left))
        content_type = inert_type(file.content_type)
        url = self._storage().signed_url(file.key, signed_at, REDIRECT_SECONDS, file.name, content_type)
        count("Downloads")
        return Answer(
            "admitted", 302, {"Location": url, "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"}
        )


def _refuse(outcome: str, status: int) -> Answer:
    count(f"DownloadRefused{outcome.capitalize()}")
    return Answer(outcome, status)


def _clean(header: str | None) -> str | None:
    """A header as it is recorded: 200 characters, and none that Postgres could not store."""
    return None if header is None else header[:200].replace("\x00", "")
