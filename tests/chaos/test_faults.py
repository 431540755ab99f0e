"""Delays, resets and lost replies at each named point of an export, before Postgres and before and behind the queue, on
the whole stack: it ends once and within its bound, with only retries, the sweep and the deadline to help."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from handoff.jobs.publish import PATIENCE_SECONDS
from tests.chaos.faulty import (
    JOB,
    LEASE,
    PUBLISH,
    REPORT,
    FaultyStack,
    assert_ended_once,
    assert_stays,
    wait_until_used,
)
from tests.support import postgres_proxy
from tests.support.exchange import Fault, late, lost_reply, passed, reset
from tests.support.stack import wait_for

LONG = LEASE + 0.3
"""Seconds: whoever waits for this has lost its lease, and the queue no longer listens."""
DUE = "SELECT 1 FROM outbox WHERE publish_after <= clock_timestamp() OR publishes > 0"


@pytest.fixture(scope="module")
def faulty_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyStack]:
    made = FaultyStack(tmp_path_factory.mktemp("faults"), retries=2, deadline=21)
    with made.exit:
        yield made


@pytest.fixture
def faulty(faulty_stack: FaultyStack) -> Iterator[FaultyStack]:
    faulty_stack.quiet()
    yield faulty_stack
    faulty_stack.quiet()


@pytest.fixture(scope="module")
def patient_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyStack]:
    made = FaultyStack(tmp_path_factory.mktemp("patient"), retries=2, deadline=21, grace=600)
    with made.exit:
        yield made


@pytest.fixture
def patient(patient_stack: FaultyStack) -> Iterator[FaultyStack]:
    """Its sweep sends no message again: what happens here is the queue's doing."""
    patient_stack.quiet()
    yield patient_stack
    patient_stack.quiet()


# Between the functions and Postgres. A statement is tried twice, so what is to be felt must happen twice.

STATEMENT_FAULTS: dict[str, Callable[[FaultyStack, str], None]] = {
    "delayed a little": lambda faulty, query: faulty.postgres.expect("before", query, postgres_proxy.late(0.3)),
    "delayed before": lambda faulty, query: faulty.postgres.expect("before", query, postgres_proxy.late(LONG)),
    "delayed after": lambda faulty, query: faulty.postgres.expect("after", query, postgres_proxy.late(LONG)),
    "reset once": lambda faulty, query: faulty.postgres.expect("before", query, postgres_proxy.reset),
    "reset twice": lambda faulty, query: faulty.postgres.expect("before", query, *[postgres_proxy.reset] * 2),
    "reply lost twice": lambda faulty, query: faulty.postgres.expect("after", query, *[postgres_proxy.reset] * 2),
}


def assert_reached(faulty: FaultyStack, query: str) -> None:
    assert query not in {**faulty.postgres.before, **faulty.postgres.after}, "the point was never reached"


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        (query, fault)
        for query in ("request_export", "claim_run", "complete_run")
        for fault in STATEMENT_FAULTS
        # A request has no lease to lose; a claim that comes late is as one whose answer does.
        if (fault == "delayed a little") == (query == "request_export" and "delayed" in fault)
        and (query, fault) != ("claim_run", "delayed before")
    ],
)
def test_an_export_is_made_once_whatever_becomes_of_a_statement(query: str, fault: str, faulty: FaultyStack) -> None:
    STATEMENT_FAULTS[fault](faulty, query)
    export = faulty.wait_for_end(faulty.request_export())
    assert_ended_once(faulty, export, "ready")
    assert_reached(faulty, query)
    assert_stays(faulty, export)


@pytest.mark.parametrize("fault", ["delayed before", "reset twice", "reply lost twice"])
def test_an_attempt_whose_failure_could_not_be_recorded_is_made_again(fault: str, faulty: FaultyStack) -> None:
    faulty.source.status = 500
    STATEMENT_FAULTS[fault](faulty, "fail_attempt")
    export_id = faulty.request_export()
    wait_for(lambda: "fail_attempt" not in {**faulty.postgres.before, **faulty.postgres.after})
    faulty.source.status = 200
    assert_ended_once(faulty, faulty.wait_for_end(export_id), "ready")


@pytest.mark.parametrize("fault", ["delayed before", "reset twice", "reply lost twice"])
def test_a_run_that_the_queue_gave_up_on_ends_once_whatever_becomes_of_the_statement(
    fault: str, patient: FaultyStack
) -> None:
    patient.deliveries.expect(JOB, reset, reset, reset)
    STATEMENT_FAULTS[fault](patient, "report_given_up")
    export = patient.wait_for_end(patient.request_export())
    assert_ended_once(patient, export, "failed", "undeliverable")
    assert_stays(patient, export)
    assert_reached(patient, "report_given_up")
    assert [each.status for each in patient.reports(export["id"])] == ([200] if "delayed" in fault else [503, 200])


@pytest.mark.parametrize("fault", ["delayed before", "reset twice", "reply lost twice"])
def test_a_message_is_sent_again_whatever_becomes_of_the_sweeps_statement(fault: str, faulty: FaultyStack) -> None:
    faulty.queue.expect(PUBLISH, reset, reset)
    faulty.postgres.when["take_due_messages"] = lambda: faulty.stack.rows(DUE)  # most sweeps find nothing to send
    STATEMENT_FAULTS[fault](faulty, "take_due_messages")
    export = faulty.wait_for_end(faulty.request_export())
    wait_until_used(faulty.queue)
    assert_ended_once(faulty, export, "ready")
    assert export["try"] > 1
    assert_reached(faulty, "take_due_messages")


@pytest.mark.parametrize(
    ("fault", "status"),
    [("delayed a little", 200), ("reset once", 200), ("reset twice", 503), ("reply lost twice", 503)],
)
def test_a_download_is_whole_or_503_and_its_link_unharmed(fault: str, status: int, faulty: FaultyStack) -> None:
    export = faulty.wait_for_end(faulty.request_export())
    url = export["links"][0]["url"]
    STATEMENT_FAULTS[fault](faulty, "download_link")
    answer = faulty.visitor.http.get(url)
    assert answer.status_code == status
    assert (answer.content == faulty.source.body) == (status == 200)
    assert_reached(faulty, "download_link")
    assert_ended_once(faulty, faulty.visitor.export(export["id"]), "ready")
    assert_stays(faulty, export)


# Between the functions and the queue, on the way there. The SDK tries twice, while a person has patience.

PUBLISH_FAULTS: dict[str, list[Fault]] = {
    "delayed": [late(PATIENCE_SECONDS + 0.3), passed],
    "reset once": [reset],
    "reset twice": [reset, reset],
    "reply lost once": [lost_reply],
    "reply lost twice": [lost_reply, lost_reply],
}


@pytest.mark.parametrize("fault", PUBLISH_FAULTS)
def test_an_export_is_made_once_whatever_becomes_of_its_message(fault: str, faulty: FaultyStack) -> None:
    faulty.queue.expect(PUBLISH, *PUBLISH_FAULTS[fault])
    export = faulty.wait_for_end(faulty.request_export())
    wait_until_used(faulty.queue)
    assert_ended_once(faulty, export, "ready")
    assert_stays(faulty, export)
    was_taken_at_once = fault in ("reset once", "reply lost once", "reply lost twice")
    assert export["try"] == (1 if was_taken_at_once else 2)
    assert {json.loads(each.body)["try"] for each in faulty.attempts(export["id"])} == (
        {2} if fault == "reset twice" else set(range(1, export["try"] + 1))
    )


def test_an_export_is_made_once_when_the_queue_refused_connections(faulty: FaultyStack) -> None:
    with faulty.queue.refusing():
        export_id = faulty.request_export()
    export = faulty.wait_for_end(export_id)
    assert_ended_once(faulty, export, "ready")
    assert export["try"] > 1


# On the way back.

DELIVERY_FAULTS: dict[str, list[Fault]] = {
    "delayed": [late(LONG)],
    "reset": [reset],
    "reply lost": [lost_reply],
    "reset, then lost": [reset, lost_reply],
}


@pytest.mark.parametrize("fault", DELIVERY_FAULTS)
def test_an_export_is_made_once_whatever_becomes_of_its_delivery(fault: str, patient: FaultyStack) -> None:
    patient.deliveries.expect(JOB, *DELIVERY_FAULTS[fault])
    export = patient.wait_for_end(patient.request_export())
    wait_until_used(patient.deliveries)
    assert_ended_once(patient, export, "ready")
    assert_stays(patient, export)
    assert len(patient.attempts(export["id"])) == len(DELIVERY_FAULTS[fault]) + 1
    assert export["try"] == 1


@pytest.mark.parametrize("fault", ["delayed", "reset", "reply lost"])
def test_a_run_ends_once_whatever_becomes_of_the_report_that_the_queue_gave_up(
    fault: str, patient: FaultyStack
) -> None:
    patient.deliveries.expect(JOB, reset, reset, reset)
    patient.deliveries.expect(REPORT, *DELIVERY_FAULTS[fault])
    export = patient.wait_for_end(patient.request_export())
    wait_until_used(patient.deliveries)
    assert_ended_once(patient, export, "failed", "undeliverable")
    assert_stays(patient, export)


def test_a_report_of_giving_up_that_comes_after_the_sweeps_message_ends_nothing(faulty: FaultyStack) -> None:
    faulty.deliveries.expect(JOB, reset, reset, reset, late(LONG))
    faulty.deliveries.expect(REPORT, late(LONG))
    export = faulty.wait_for_end(faulty.request_export())
    assert_ended_once(faulty, export, "ready")
    assert export["try"] > 1
    assert_stays(faulty, export)
    assert 200 in [each.status for each in faulty.reports(export["id"])]


def test_a_late_report_of_giving_up_never_beats_the_success_that_nobody_heard_of(faulty: FaultyStack) -> None:
    faulty.deliveries.expect(JOB, lost_reply, lost_reply, lost_reply)
    faulty.deliveries.expect(REPORT, late(0.3))
    export = faulty.wait_for_end(faulty.request_export())
    assert_ended_once(faulty, export, "ready")
    assert_stays(faulty, export)
    assert [each.status for each in faulty.attempts(export["id"])] == [200, 200, 200]
    assert [each.status for each in faulty.reports(export["id"])] == [200]


# Everything at once.


@pytest.fixture(scope="module", autouse=True)
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FaultyStack, str]]:
    """A stack and its export; begun before the other tests, since its deadline cannot be short."""
    faulty = FaultyStack(tmp_path_factory.mktemp("lost"), retries=0, deadline=10)
    with faulty.exit:
        faulty.queue.expect(PUBLISH, reset, reset, lost_reply)
        faulty.deliveries.expect(JOB, *[reset] * 100)
        faulty.deliveries.expect(REPORT, *[reset] * 100)
        yield faulty, faulty.request_export()


def test_a_run_whose_messages_deliveries_and_reports_are_all_lost_is_timed_out_within_its_deadline_and_one_sweep(
    lost: tuple[FaultyStack, str],
) -> None:
    faulty, export_id = lost
    export = faulty.wait_for_end(export_id)
    assert_ended_once(faulty, export, "timed_out", "deadline")
    created_at, ended_at = (datetime.fromisoformat(export[name]) for name in ("created_at", "ended_at"))
    assert (ended_at - created_at).total_seconds() < faulty.bound
    assert faulty.queue.waiting == 0
    assert faulty.attempts(export_id)
    assert faulty.reports(export_id)
    faulty.quiet()
    assert_stays(faulty, export)
