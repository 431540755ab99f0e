"""What jobs are made with: places for runs, leases, results, and messages."""

from typing import TYPE_CHECKING, Any

from handoff.jobs.leases import Leases
from handoff.jobs.outgoing import JobMessages, Outgoing
from handoff.jobs.requests import RunLimits
from handoff.jobs.results import Results
from handoff.settings import RETRY_PAUSE_SECONDS, Settings, source_hosts

if TYPE_CHECKING:
    from handoff.wiring import Wiring


PARALLELISM = {"produce_export": "EXPORT_PARALLELISM", "record_call_event": "CALL_EVENT_PARALLELISM"}
"""Settings, by job type."""


def run_limits(settings: Settings, *, retries: int) -> RunLimits:
    return RunLimits(
        max_active=settings["MAX_ACTIVE_RUNS"],
        max_attempts=retries + 1,
        deadline_seconds=settings["RUN_DEADLINE_SECONDS"],
        outbox_grace_seconds=settings["OUTBOX_GRACE_SECONDS"],
    )


def outgoing(wiring: "Wiring", job_type: str) -> Outgoing:
    """What messages the runs of a job type have."""
    if job_type == "generate_image":
        from handoff.wiring.images import image_calls

        return image_calls(wiring)
    settings = wiring.settings
    return JobMessages(
        job_type,
        delivery_url=settings["DELIVERY_URL"],
        retries=settings["JOB_RETRIES"],
        retry_pause_seconds=RETRY_PAUSE_SECONDS,
        # The queue hangs up after the job has ended by itself, and before the lease ends.
        timeout_seconds=settings["LEASE_SECONDS"],
        parallelism=settings[PARALLELISM[job_type]],
    )


def leases(wiring: "Wiring", job_type: str, *, folder: str) -> Leases:
    return Leases(
        wiring.database,
        job_type,
        folder=folder,
        lease_seconds=wiring.settings["LEASE_SECONDS"],
        outbox_grace_seconds=wiring.settings["OUTBOX_GRACE_SECONDS"],
    )


def results(wiring: "Wiring", *, max_bytes: int) -> Results:
    return Results(
        wiring.database,
        lambda: wiring.storage,
        wiring.tokens,
        max_bytes=max_bytes,
        link_ttl_seconds=wiring.settings["LINK_TTL_SECONDS"],
    )


def produce_export(wiring: "Wiring") -> Any:
    from handoff.fetch import SourceFetcher
    from handoff.jobs.registry import job_class

    name, settings = "produce_export", wiring.settings
    fetcher = SourceFetcher(
        allowed_hosts=source_hosts(settings),
        loopback_exception=settings["SOURCE_LOOPBACK"] or None,
        max_bytes=settings["MAX_EXPORT_BYTES"],
        time_limit_seconds=settings["JOB_TIME_LIMIT_SECONDS"],
    )
    return job_class(name)(
        wiring.database,
        leases(wiring, name, folder="exports"),
        results(wiring, max_bytes=settings["MAX_EXPORT_BYTES"]),
        fetcher,
        time_limit_seconds=settings["JOB_TIME_LIMIT_SECONDS"],
        source_url=settings["SOURCE_URL"],
        source_file_name=settings["SOURCE_FILE_NAME"],
    )


def record_call_event(wiring: "Wiring") -> Any:
    from handoff.jobs.registry import job_class

    return job_class("record_call_event")(wiring.database, wiring.held_messages)
