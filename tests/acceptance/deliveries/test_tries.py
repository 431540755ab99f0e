"""Every message carries its run's try; an attempt that failed is final only as the last one of the current try."""

import json

import pytest

from tests.acceptance.deliveries.runs import raise_try, run_row
from tests.support.containers import meanwhile
from tests.support.functions import event
from tests.support.handoff import Handoff
from tests.support.servers import PublishedMessage, Source
from tests.support.tables import contents


def header(message: PublishedMessage, name: str) -> str:
    return {key.lower(): value for key, value in message.headers.items()}[name.lower()]


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
        "upstash-flow-control-key": "produce_export",
        "upstash-flow-control-value": "parallelism=10",
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
