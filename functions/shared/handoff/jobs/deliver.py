"""Runs the job that a verified delivery is for."""

from collections.abc import Mapping

from handoff.errors import InvalidDeliveryError
from handoff.jobs.base import Attempt, Job
from handoff.jobs.messages import from_body
from handoff.jobs.queues.base import Delivery, GivenUp


class Deliveries:
    """The job types of this process, by name."""

    def __init__(self, jobs: Mapping[str, Job], *, retries: int, retry_pause_seconds: int) -> None:
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
        self._job(job_type).run(from_body(delivery.body), attempt)

    def report_given_up(self, job_type: str, given_up: GivenUp, request_id: str) -> None:
        """The queue gave up on a message of this type."""
        self._job(job_type).report_given_up(from_body(given_up.body), given_up.dead_letter_id, request_id)

    def _job(self, job_type: str) -> Job:
        if job_type not in self._jobs:
            raise InvalidDeliveryError("there is no such job type")
        return self._jobs[job_type]
