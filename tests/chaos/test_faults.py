"""Delays, resets and lost replies at each named point of an export, before Postgres and before and behind the queue, on
the whole stack: it ends once and within its bound, with only retries, the sweep and the deadline to help."""

from collections.abc import Callable, Iterator

import pytest

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


# Between the functions and Postgres. A statement is tried twice, so what is to be felt must happen twice.

STATEMENT_FAULTS: dict[str, Callable[[FaultyStack, str], None]] = {
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
        for query in ("request_export", "claim_run", "complete_export")
        for fault in STATEMENT_FAULTS
        if (query, fault) not in {("request_export", "delayed after"), ("claim_run", "delayed before")}  # as the other
    ],
)
def test_an_export_is_made_once_whatever_becomes_of_a_statement(query: str, fault: str, faulty: FaultyStack) -> None:
    STATEMENT_FAULTS[fault](faulty, query)
    export_id = faulty.request_export()
    assert_ended_once(faulty, faulty.wait_for_end(export_id), "ready")
    assert_reached(faulty, query)


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
    fault: str, faulty: FaultyStack
) -> None:
    faulty.deliveries.expect(JOB, reset, reset, reset)
    STATEMENT_FAULTS[fault](faulty, "report_given_up")
    export = faulty.wait_for_end(faulty.request_export())
    # Or the sweep's own message was quicker than the report.
    assert_ended_once(faulty, export, "failed", "ready")
    assert export["state"] == "ready" or export["problem"]["code"] == "undeliverable"
    wait_for(lambda: "report_given_up" not in {**faulty.postgres.before, **faulty.postgres.after})
    assert_stays(faulty, export, 0)


@pytest.mark.parametrize("fault", ["delayed before", "reset twice", "reply lost twice"])
def test_a_message_is_sent_again_whatever_becomes_of_the_sweeps_statement(fault: str, faulty: FaultyStack) -> None:
    faulty.queue.expect(PUBLISH, reset, reset)
    STATEMENT_FAULTS[fault](faulty, "take_due_messages")
    assert_ended_once(faulty, faulty.wait_for_end(faulty.request_export()), "ready")
    assert_reached(faulty, "take_due_messages")


@pytest.mark.parametrize(
    ("fault", "status"),
    [("delayed before", 200), ("reset once", 200), ("reset twice", 503), ("reply lost twice", 503)],
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
    assert_stays(faulty, export, 0)


# Between the functions and the queue, on the way there. The SDK tries twice, and a person waits for 1.5 s.

PUBLISH_FAULTS: dict[str, list[Fault]] = {
    "delayed": [late(LONG), passed],
    "reset once": [reset],
    "reset twice": [reset, reset],
    "reply lost once": [lost_reply],
    "reply lost twice": [lost_reply, lost_reply],
}


@pytest.mark.parametrize("fault", PUBLISH_FAULTS)
def test_an_export_is_made_once_whatever_becomes_of_its_message(fault: str, faulty: FaultyStack) -> None:
    faulty.queue.expect(PUBLISH, *PUBLISH_FAULTS[fault])
    export = faulty.wait_for_end(faulty.request_export())
    assert_ended_once(faulty, export, "ready")


def test_an_export_is_made_once_when_the_queue_refused_connections(faulty: FaultyStack) -> None:
    with faulty.queue.refusing():
        export_id = faulty.request_export()
    assert_ended_once(faulty, faulty.wait_for_end(export_id), "ready")


# On the way back.

DELIVERY_FAULTS: dict[str, list[Fault]] = {
    "delayed": [late(LONG)],
    "reset": [reset],
    "reply lost": [lost_reply],
    "reset, then lost": [reset, lost_reply],
}


@pytest.mark.parametrize("fault", DELIVERY_FAULTS)
def test_an_export_is_made_once_whatever_becomes_of_its_delivery(fault: str, faulty: FaultyStack) -> None:
    faulty.deliveries.expect(JOB, *DELIVERY_FAULTS[fault])
    export = faulty.wait_for_end(faulty.request_export())
    wait_until_used(faulty.deliveries)
    assert_ended_once(faulty, export, "ready")
    assert_stays(faulty, export, 0)


@pytest.mark.parametrize("fault", ["delayed", "reset", "reply lost"])
def test_a_run_ends_once_whatever_becomes_of_the_report_that_the_queue_gave_up(fault: str, faulty: FaultyStack) -> None:
    faulty.deliveries.expect(JOB, reset, reset, reset)
    faulty.deliveries.expect(REPORT, *DELIVERY_FAULTS[fault])
    export = faulty.wait_for_end(faulty.request_export())
    wait_until_used(faulty.deliveries)
    assert_ended_once(faulty, export, "failed", "ready")
    assert_stays(faulty, export, 0)


def test_a_late_report_of_giving_up_never_beats_the_success_that_nobody_heard_of(faulty: FaultyStack) -> None:
    faulty.deliveries.expect(JOB, lost_reply, lost_reply, lost_reply)
    faulty.deliveries.expect(REPORT, late(0.3))
    export = faulty.wait_for_end(faulty.request_export())
    wait_for(lambda: [each.status for each in faulty.reports()] == [200])
    assert [each.status for each in faulty.attempts(export["id"])] == [200, 200, 200]
    assert_ended_once(faulty, export, "ready")
    assert_stays(faulty, export, 0)


# Everything at once.


def test_a_run_whose_messages_deliveries_and_reports_are_all_lost_is_timed_out_within_its_deadline_and_one_sweep(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    faulty = FaultyStack(tmp_path_factory.mktemp("lost"), retries=0, deadline=10)
    with faulty.exit:
        faulty.queue.expect(PUBLISH, reset, reset, lost_reply)
        faulty.deliveries.expect(JOB, *[reset] * 100)
        faulty.deliveries.expect(REPORT, *[reset] * 100)
        export = faulty.wait_for_end(faulty.request_export())
        assert_ended_once(faulty, export, "timed_out")
        faulty.quiet()
        assert_stays(faulty, export, 1)
