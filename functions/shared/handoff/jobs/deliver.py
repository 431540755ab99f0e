"""Runs the job that a verified delivery is for."""

from collections.abc import Mapping
from typing import Any

from handoff.errors import InvalidDeliveryError
from handoff.jobs.base import Attempt, Job
from handoff.jobs.queues.base import Delivery, Report


class Deliveries:
    """The job types of this process, by name."""

    def __init__(self, jobs: Mapping[str, Job[Any]], *, retries: int, retry_pause_seconds: int) -> None:
        """`retries` and `retry_pause_seconds`: what the messages were sent with; see queues.base.Message."""
        self._jobs = jobs
        self._retries = retries
        self._retry_pause_seconds = retry_pause_seconds

    def deliver(self, job_type: str, delivery: Delivery, request_id: str) -> None:
        """Run one attempt; see Job.run for what it raises. Raises InvalidDeliveryError for an unknown type."""
        attempt = Attempt(
            request_id=request_id,
            is_last=delivery.retried >= self._retries,
            pause_seconds=self._retry_pause_seconds * 2 ** min(delivery.retried, self._retries),
        )
        job = self._job(job_type)
        job.run(job.read(delivery.body), attempt)

    def report_given_up(self, job_type: str, report: Report, request_id: str) -> None:
        """The queue gave up on a message of this type."""
        job = self._job(job_type)
        job.report_given_up(job.read(report.source_body), report.dead_letter_id, request_id)

    def _job(self, job_type: str) -> Job[Any]:
        if job_type not in self._jobs:
            raise InvalidDeliveryError("there is no such job type")
        return self._jobs[job_type]
