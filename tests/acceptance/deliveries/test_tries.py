"""Every message carries its run's try; a failure ends a run only for the current try and while nobody is at work."""

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from handoff.telemetry import logger
from tests.support.containers import meanwhile
from tests.support.deliveries import delivery
from tests.support.functions import event
from tests.support.handoff import PRODUCE, Handoff, Person
from tests.support.servers import PublishedMessage, Source
from tests.support.tables import contents


class Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append({"message": record.getMessage(), **vars(record)})


@pytest.fixture
def log() -> Iterator[list[dict[str, Any]]]:
    """What the functions log meanwhile."""
    records = Records()
    underlying = logging.getLogger(logger.name)
    underlying.addHandler(records)
    yield records.seen
    underlying.removeHandler(records)


def lease(handoff: Handoff, seconds: float) -> None:
    """Some worker has had the run since then; its lease ends in so many seconds."""
    handoff.rows(
        "WITH run AS (UPDATE exports SET state = 'running', attempt = attempt + 1, lease_token = gen_random_uuid(),"
        " lease_expires_at = clock_timestamp() + make_interval(secs => %(seconds)s) RETURNING id)"
        " DELETE FROM outbox USING run WHERE export_id = run.id",
        seconds=seconds,
    )


def header(message: PublishedMessage, name: str) -> str:
    return {key.lower(): value for key, value in message.headers.items()}[name.lower()]


def run_row(handoff: Handoff) -> dict[str, Any]:
    (row,) = contents(handoff)["exports"]
    found: dict[str, Any] = row
    return found


def raise_try(handoff: Handoff, person: Person, export_id: str) -> None:
    """Cancel and retry: the run waits again, with try 2."""
    assert person.trigger("POST", f"/api/exports/{export_id}/cancel").status == 200
    assert person.trigger("POST", f"/api/exports/{export_id}/retry").status == 202
    assert run_row(handoff)["try"] == 2


@pytest.mark.line("C7")
def test_every_message_carries_the_try_which_each_retry_and_each_re_publish_raises(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    raise_try(handoff, person, export_id)
    for _ in range(2):
        handoff.rows("UPDATE outbox SET publish_after = clock_timestamp()")
        handoff.sweep()
    published = handoff.queue.published
    assert [message.json for message in published] == [{"id": export_id, "try": run_try} for run_try in (1, 2, 3, 4)]
    assert [header(message, "Upstash-Deduplication-Id") for message in published] == [
        f"{export_id}-{run_try}" for run_try in (1, 2, 3, 4)
    ]
    assert run_row(handoff)["try"] == 4


@pytest.mark.line("C7")
def test_a_failure_report_for_the_current_try_ends_the_run(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    answer = handoff.give_up(export_id)
    assert (answer.status, answer.json) == (200, {"recorded": True})
    export = person.export(export_id)
    assert (export["state"], export["problem"]["code"]) == ("failed", "undeliverable")
    assert export["problem"]["reference"] == answer.headers["x-request-id"]
    assert export["ended_at"] is not None
    row = run_row(handoff)
    assert (row["given_up_try"], row["dead_letter_id"]) == (1, "dlq-1")
    assert contents(handoff)["outbox"] == []


@pytest.mark.line("C7")
def test_the_report_keeps_the_reason_that_the_last_attempt_gave(handoff: Handoff, source: Source) -> None:
    source.status = 500
    person = handoff.person()
    export_id = person.request_export()
    reference = handoff.deliver(export_id).headers["x-request-id"]
    assert handoff.give_up(export_id).status == 200
    problem = person.export(export_id)["problem"]
    assert (problem["code"], problem["reference"]) == ("source_status", reference)


@pytest.mark.line("C7")
@pytest.mark.parametrize("run_try", [1, 3, 99])
def test_a_report_for_another_try_is_answered_200_and_recorded_and_ends_nothing(
    run_try: int, handoff: Handoff, log: list[dict[str, Any]]
) -> None:
    person = handoff.person()
    export_id = person.request_export()
    raise_try(handoff, person, export_id)
    before = contents(handoff)
    answer = handoff.give_up(export_id, run_try)
    assert (answer.status, answer.json) == (200, {"recorded": True})
    assert contents(handoff) == before
    (record,) = [record for record in log if record["message"] == "given up"]
    assert (record["run"], record["run_try"], record["state"]) == (export_id, run_try, "queued")
    assert record["dead_letter"] == "dlq-1", "where the queue keeps the message"


@pytest.mark.line("C7")
def test_a_report_while_a_worker_holds_the_lease_is_recorded_and_not_final(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    lease(handoff, 20)
    before = run_row(handoff)
    assert handoff.give_up(export_id).status == 200
    after = run_row(handoff)
    assert (after["state"], after["given_up_try"], after["dead_letter_id"]) == ("running", 1, "dlq-1")
    for kept in ("lease_token", "lease_expires_at", "outcome", "ended_at", "try", "attempt"):
        assert after[kept] == before[kept]


@pytest.mark.line("C7")
def test_a_worker_that_was_reported_lost_too_early_still_succeeds(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    export_id = person.request_export()
    other = handoff.load("callback")
    message = json.dumps({"id": export_id, "try": 1}).encode()
    report = json.dumps({"sourceBody": base64.b64encode(message).decode(), "dlqId": "dlq-1"}).encode()
    reports: list[int] = []
    source.before_answer = lambda: reports.append(meanwhile(other, delivery(f"{PRODUCE}/failed", report)).status)
    assert handoff.deliver(export_id).status == 200
    assert reports == [200]
    assert person.export(export_id)["state"] == "ready"


@pytest.mark.line("C7")
def test_a_report_after_the_lease_ended_is_final(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    lease(handoff, 0)
    assert handoff.give_up(export_id).status == 200
    export = person.export(export_id)
    assert (export["state"], export["problem"]["code"]) == ("failed", "undeliverable")


@pytest.mark.line("C7")
def test_a_late_failure_report_never_overwrites_a_success(handoff: Handoff) -> None:
    person = handoff.person()
    export = person.ready_export()
    before = contents(handoff)
    assert handoff.give_up(export["id"]).status == 200
    assert contents(handoff) == before
    assert handoff.visit(export["links"][0]["url"]).status == 200


@pytest.mark.line("C7")
@pytest.mark.parametrize("state", ["failed", "canceled", "timed_out"])
def test_a_report_about_a_run_that_ended_changes_nothing(state: str, handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    handoff.rows("UPDATE exports SET state = %(state)s::run_state, ended_at = now(), outcome = 'deadline'", state=state)
    before = contents(handoff)
    assert handoff.give_up(export_id).status == 200
    assert contents(handoff) == before


@pytest.mark.line("C7")
def test_a_report_about_a_run_that_is_gone_is_answered_200(handoff: Handoff) -> None:
    export_id = handoff.person().request_export()
    handoff.rows("DELETE FROM exports")
    assert handoff.give_up(export_id).status == 200


@pytest.mark.line("C7")
def test_a_failed_attempt_with_retries_left_is_not_final(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    export_id = person.request_export()
    source.status = 503
    for retried in (0, 1, 2):
        answer = handoff.deliver(export_id, retried=retried)
        assert (answer.status, answer.json["type"]) == (500, "urn:handoff:problem:attempt-failed")
        assert "upstash-nonretryable-error" not in answer.headers
        export = person.export(export_id)
        assert (export["state"], export["attempt"], export["ended_at"]) == ("queued", retried + 1, None)
        assert export["problem"]["code"] == "source_status"
        assert len(contents(handoff)["outbox"]) == 1, "should the queue lose it, the sweep sends another"
    source.status = 200
    assert handoff.deliver(export_id, retried=3).status == 200
    export = person.export(export_id)
    assert (export["state"], export["attempt"], export["problem"]) == ("ready", 4, None)


@pytest.mark.line("C7")
def test_the_last_attempt_of_the_current_try_is_final(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    export_id = person.request_export()
    source.status = 503
    assert handoff.deliver(export_id, retried=3).status == 500
    assert person.export(export_id)["state"] == "failed"
    assert contents(handoff)["outbox"] == []


@pytest.mark.line("C7")
def test_the_last_attempt_of_an_older_try_is_not_final(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    export_id = person.request_export()
    raise_try(handoff, person, export_id)
    source.status = 503
    assert handoff.deliver(export_id, run_try=1, retried=3).status == 500
    export = person.export(export_id)
    assert (export["state"], export["try"], export["ended_at"]) == ("queued", 2, None)


@pytest.mark.line("C7")
def test_an_older_message_may_do_the_work_of_the_current_try(handoff: Handoff) -> None:
    """Who asked again wants the result, whichever message brings it; the other then finds it done."""
    person = handoff.person()
    export_id = person.request_export()
    raise_try(handoff, person, export_id)
    assert handoff.deliver(export_id, run_try=1).status == 200
    export = person.export(export_id)
    assert (export["state"], export["try"]) == ("ready", 2)
    before = contents(handoff)
    assert handoff.deliver(export_id, run_try=2).status == 200
    assert contents(handoff) == before


@pytest.mark.line("C8")
def test_a_retry_after_final_failure_really_runs_under_a_deduplication_id_of_its_own(
    handoff: Handoff, source: Source
) -> None:
    person = handoff.person()
    export_id = person.request_export()
    source.status = 404
    for run_try in (1, 2):
        assert handoff.deliver(export_id, run_try).status == 489
        assert person.export(export_id)["state"] == "failed"
        before = person.export(export_id)
        answer = person.trigger("POST", f"/api/exports/{export_id}/retry")
        assert (answer.status, answer.json) == (202, {"id": export_id, "href": f"/api/exports/{export_id}"})
        export = person.export(export_id)
        assert (export["state"], export["try"], export["attempt"]) == ("queued", run_try + 1, 0)
        assert (export["problem"], export["started_at"], export["ended_at"]) == (None, None, None)
        assert export["deadline_at"] > before["deadline_at"]
    source.status = 200
    assert handoff.deliver(export_id, 3).status == 200
    assert person.export(export_id)["state"] == "ready"
    ids = [header(message, "Upstash-Deduplication-Id") for message in handoff.queue.published]
    assert ids == [f"{export_id}-1", f"{export_id}-2", f"{export_id}-3"]


@pytest.mark.line("C8")
def test_what_the_queue_is_asked_to_do_with_a_message(handoff: Handoff) -> None:
    export_id = handoff.person().request_export()
    (message,) = handoff.queue.published
    assert message.destination == "http://127.0.0.1:8000/api/jobs/produce_export"
    assert json.loads(message.body) == {"id": export_id, "try": 1}
    sent = {name.lower(): value for name, value in message.headers.items() if name.lower().startswith("upstash-")}
    assert {
        name: sent[name] for name in sent if name not in ("upstash-telemetry-sdk", "upstash-telemetry-runtime")
    } == {
        "upstash-method": "POST",
        "upstash-retries": "3",
        "upstash-retry-delay": "5000 * pow(2, retried)",
        "upstash-timeout": "30s",
        "upstash-deduplication-id": f"{export_id}-1",
        "upstash-failure-callback": "http://127.0.0.1:8000/api/jobs/produce_export/failed",
        "upstash-forward-content-type": "application/json",
    }


@pytest.mark.line("C7")
def test_a_run_that_was_canceled_while_its_worker_was_at_work_stays_canceled(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    export_id = person.request_export()

    other = handoff.load("trigger")
    cancel = event("POST", f"/api/exports/{export_id}/cancel", cookies=person.cookies)
    cancels: list[int] = []
    source.before_answer = lambda: cancels.append(meanwhile(other, cancel).status)
    assert handoff.deliver(export_id).status == 200
    assert cancels == [200]
    export = person.export(export_id)
    assert (export["state"], export["links"], export["file"]) == ("canceled", [], None)
