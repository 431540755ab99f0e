"""Keeps what a run made: its bytes into storage, and the run ready with its first link, at one moment."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from handoff.database import Database, load_queries
from handoff.errors import JobFailedError
from handoff.jobs.leases import Claim
from handoff.links.tokens import LinkTokens
from handoff.storage import Storage
from handoff.telemetry import count, logger, measure_seconds

QUERIES = load_queries("jobs")


@dataclass(frozen=True)
class Completed:
    completed: bool
    seconds_since_request: float


class Results:
    """Writes under the key of the claim alone, so nobody else's result can be overwritten."""

    def __init__(
        self,
        database: Database,
        storage: Callable[[], Storage],
        tokens: LinkTokens,
        *,
        max_bytes: int,
        link_ttl_seconds: int,
    ) -> None:
        """`storage` is called when there are bytes to keep: a failure is recorded without it."""
        self._database = database
        self._storage = storage
        self._tokens = tokens
        self._max_bytes = max_bytes
        self._link_ttl_seconds = link_ttl_seconds

    def keep(self, claim: Claim, chunks: Iterable[bytes], *, name: str, content_type: str, ends_at: float) -> None:
        """Raises JobFailedError (too_large, time_limit, empty), StorageError, and whatever the chunks raise."""
        stored = self._storage().put(claim.file_key, self._limited(chunks, ends_at), content_type)
        run = self._database.one(
            QUERIES["complete_run"], Completed,
            id=claim.run_id, lease_token=claim.lease_token, link_id=uuid4(), etag=self._tokens.etag(claim.lease_token),
            content_type=content_type, name=name, size=stored.size, link_ttl_seconds=self._link_ttl_seconds,
        )  # fmt: skip
        if run is None or not run.completed:
            # Canceled, or taken over after our lease ran out: the sweep removes what we wrote.
            logger.warning("complete", answer="lease lost")
            return
        logger.info("complete", answer="ready", size=stored.size)
        count("RunsReady")
        count("LinksIssued")
        # A picture takes its provider a minute, which nobody is to be woken by.
        measure_seconds("TimeToLink" if claim.document else "TimeToImage", run.seconds_since_request)

    def _limited(self, chunks: Iterable[bytes], ends_at: float) -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._max_bytes:
                raise JobFailedError("too_large", retryable=False)
            if time.monotonic() > ends_at:
                raise JobFailedError("time_limit", retryable=True)
            yield chunk
        if size == 0:
            raise JobFailedError("empty", retryable=False)
