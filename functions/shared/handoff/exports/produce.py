"""The job that makes an export: claim the run, render its document into storage, complete it with its first link."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from handoff.database import Database, load_queries
from handoff.errors import DatabaseUnavailableError, JobFailedError
from handoff.exports.documents import document
from handoff.exports.documents.base import Rendering, Workshop
from handoff.fetch import FetchError, SourceFetcher
from handoff.jobs.base import Attempt, Job, RunMessage
from handoff.jobs.leases import Claim, Leases
from handoff.links.tokens import LinkTokens
from handoff.storage import Storage, StorageError, StoredFile
from handoff.telemetry import count, log_unexpected, logger, measure_seconds

QUERIES = load_queries("exports")


@dataclass(frozen=True)
class Completed:
    completed: bool
    seconds_since_request: float


@dataclass(frozen=True)
class ProductionLimits:
    """See the settings of the same names."""

    max_export_bytes: int
    time_limit_seconds: int
    link_ttl_seconds: int


class ProduceExport(Job):
    """Two round trips to Postgres: claim and complete (or fail)."""

    name = "produce_export"

    def __init__(
        self,
        database: Database,
        leases: Leases,
        storage: Callable[[], Storage],
        tokens: LinkTokens,
        fetcher: SourceFetcher,
        limits: ProductionLimits,
        *,
        source_url: str,
        source_file_name: str,
    ) -> None:
        """`storage` is called when there are bytes to keep: a failure is recorded without it."""
        self._database = database
        self._leases = leases
        self._storage = storage
        self._tokens = tokens
        self._fetcher = fetcher
        self._limits = limits
        self._source_url = source_url
        self._source_file_name = source_file_name

    def run(self, message: RunMessage, attempt: Attempt) -> None:
        claim = self._leases.claim(message)
        if claim is None:
            return
        try:
            self._produce(claim)
        except JobFailedError as error:
            self._leases.fail(claim, message, attempt, error)
            raise
        except (FetchError, StorageError) as error:
            failure = _as_failure(error)
            self._leases.fail(claim, message, attempt, failure)
            raise failure from error
        except DatabaseUnavailableError:
            raise  # the lease stays ours: a later delivery or the sweep goes on when it ends
        except Exception as error:
            log_unexpected(error)
            failure = JobFailedError("unexpected", retryable=True)
            self._leases.fail(claim, message, attempt, failure)
            raise failure from error

    def report_given_up(self, message: RunMessage, dead_letter_id: str | None, request_id: str) -> None:
        self._leases.report_given_up(message, dead_letter_id, request_id)

    def _produce(self, claim: Claim) -> None:
        ends_at = time.monotonic() + self._limits.time_limit_seconds
        workshop = Workshop(
            open_source=lambda seconds: self._fetcher.open(self._source_url, time_limit_seconds=seconds),
            source_file_name=self._source_file_name,
            time_left=lambda: ends_at - time.monotonic(),
        )
        with document(claim.document).render(claim.parameters, workshop) as rendering:
            chunks = self._limited(rendering.chunks, ends_at)
            stored = self._storage().put(claim.file_key, chunks, rendering.content_type)
        self._complete(claim, rendering, stored)

    def _limited(self, chunks: Iterable[bytes], ends_at: float) -> Iterator[bytes]:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > self._limits.max_export_bytes:
                raise JobFailedError("too_large", retryable=False)
            if time.monotonic() > ends_at:
                raise JobFailedError("time_limit", retryable=True)
            yield chunk
        if size == 0:
            raise JobFailedError("empty", retryable=False)

    def _complete(self, claim: Claim, rendering: Rendering, stored: StoredFile) -> None:
        run = self._database.one(
            QUERIES["complete_export"], Completed,
            id=claim.run_id, lease_token=claim.lease_token, link_id=uuid4(), etag=self._tokens.etag(claim.lease_token),
            content_type=rendering.content_type, name=rendering.name, size=stored.size,
            link_ttl_seconds=self._limits.link_ttl_seconds,
        )  # fmt: skip
        if run is None or not run.completed:
            # Canceled, or taken over after our lease ran out: the sweep removes what we wrote.
            logger.warning("complete", answer="lease lost")
            return
        logger.info("complete", answer="ready", size=stored.size)
        count("ExportsReady")
        measure_seconds("TimeToLink", run.seconds_since_request)


def _as_failure(error: FetchError | StorageError) -> JobFailedError:
    if isinstance(error, FetchError):
        return JobFailedError(error.outcome, retryable=error.retryable)
    return JobFailedError("storage_unavailable", retryable=True)
