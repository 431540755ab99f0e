"""A report of failure ends a run only for the current try and while nobody is at work; otherwise it is recorded."""

import base64
import json
from typing import Any

import pytest

from tests.acceptance.deliveries.runs import all_but_the_report, lease, raise_try, run_row
from tests.support.containers import meanwhile
from tests.support.deliveries import delivery
from tests.support.handoff import PRODUCE, Handoff
from tests.support.servers import Source
from tests.support.tables import contents


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
    run_try: int, handoff: Handoff, log_lines: list[dict[str, Any]]
) -> None:
    person = handoff.person()
    export_id = person.request_export()
    raise_try(handoff, person, export_id)
    before = contents(handoff)
    answer = handoff.give_up(export_id, run_try)
    assert (answer.status, answer.json) == (200, {"recorded": True})
    assert contents(handoff) == before
    (record,) = [line for line in log_lines if line["message"] == "given up"]
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
    before = all_but_the_report(handoff)
    assert handoff.give_up(export["id"]).status == 200
    assert all_but_the_report(handoff) == before
    assert run_row(handoff)["dead_letter_id"] == "dlq-1"
    assert handoff.visit(export["links"][0]["url"]).status == 200


@pytest.mark.line("C7")
@pytest.mark.parametrize("state", ["failed", "canceled", "timed_out"])
def test_a_report_about_a_run_that_ended_is_recorded_and_changes_nothing(state: str, handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    handoff.rows("UPDATE runs SET state = %(state)s::run_state, ended_at = now(), outcome = 'deadline'", state=state)
    before = all_but_the_report(handoff)
    assert handoff.give_up(export_id).status == 200
    assert all_but_the_report(handoff) == before
    assert run_row(handoff)["dead_letter_id"] == "dlq-1"


@pytest.mark.line("C7")
def test_a_report_about_a_run_that_is_gone_is_answered_200(handoff: Handoff) -> None:
    export_id = handoff.person().request_export()
    handoff.rows("DELETE FROM runs")
    assert handoff.give_up(export_id).status == 200
