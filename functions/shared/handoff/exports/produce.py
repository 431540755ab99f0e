"""The job that makes an export: its document is rendered straight into storage."""

import time

from handoff.database import Database
from handoff.exports.documents import document
from handoff.exports.documents.base import Workshop
from handoff.fetch import SourceFetcher
from handoff.jobs.leases import Claim, Leases
from handoff.jobs.results import Results
from handoff.jobs.run_job import RunJob


class ProduceExport(RunJob):
    """See RunJob for what becomes of errors."""

    name = "produce_export"

    def __init__(
        self,
        database: Database,
        leases: Leases,
        results: Results,
        fetcher: SourceFetcher,
        *,
        time_limit_seconds: int,
        source_url: str,
        source_file_name: str,
    ) -> None:
        super().__init__(leases, time_limit_seconds=time_limit_seconds)
        self._database = database
        self._results = results
        self._fetcher = fetcher
        self._source_url = source_url
        self._source_file_name = source_file_name

    def make(self, claim: Claim, ends_at: float) -> None:
        assert claim.document is not None  # the schema's rule: runs_export_or_image
        workshop = Workshop(
            database=self._database,
            open_source=lambda seconds: self._fetcher.open(self._source_url, time_limit_seconds=seconds),
            source_file_name=self._source_file_name,
            time_left=lambda: ends_at - time.monotonic(),
        )
        with document(claim.document).render(claim.parameters, workshop) as rendering:
            self._results.keep(
                claim, rendering.chunks, name=rendering.name, content_type=rendering.content_type, ends_at=ends_at
            )
