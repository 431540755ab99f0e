"""Messages that nobody claimed are sent again, after growing pauses."""

import json
import threading
import time
from datetime import datetime

import pytest

from tests.functions.sweep.moves import NOTHING, make_due, the_export, tries_sent
from tests.support.containers import at_once
from tests.support.deliveries import delivery
from tests.support.handoff import PRODUCE, Handoff, Person
from tests.support.servers import PublishEndpoint, Source
from tests.support.tables import contents


def test_a_message_that_nobody_claims_is_sent_again_and_again_after_growing_pauses(
    handoff: Handoff, person: Person
) -> None:
    export_id = person.request_export()
    pauses = []
    for _ in range(5):
        make_due(handoff)
        assert handoff.sweep() == {**NOTHING, "publish due messages": 1}
        assert handoff.sweep() == NOTHING, "not before its time"
        (row,) = contents(handoff)["outbox"]
        updated = datetime.fromisoformat(the_export(handoff)["updated_at"])
        pauses.append(round((datetime.fromisoformat(row["publish_after"]) - updated).total_seconds()))
    assert pauses == [30, 60, 120, 120, 120]
    assert tries_sent(handoff.queue) == [1, 2, 3, 4, 5, 6]
    assert handoff.deliver(export_id, 6).status == 200
    assert person.export(export_id)["state"] == "ready"


@pytest.mark.parametrize(("retried", "seconds"), [(0, 5), (2, 20), (5, 160)])
def test_the_queues_own_pause_between_attempts_is_not_taken_for_a_lost_message(
    retried: int, seconds: int, handoff: Handoff, person: Person, source: Source
) -> None:
    """Else each failed attempt would begin another chain of attempts, and none of them would be the last."""
    handoff.environment |= {"JOB_RETRIES": "6", "RUN_DEADLINE_SECONDS": "3600"}
    export_id = person.request_export()
    source.status = 500
    assert handoff.deliver(export_id, retried=retried).status == 500
    (row,) = contents(handoff)["outbox"]
    failed_at = datetime.fromisoformat(the_export(handoff)["updated_at"])
    due_after = (datetime.fromisoformat(row["publish_after"]) - failed_at).total_seconds()
    assert due_after == 30 + seconds
    assert handoff.sweep() == NOTHING
    assert handoff.deliver(export_id, retried=6).status == 500
    assert person.export(export_id)["state"] == "failed"


def test_a_queue_that_is_down_during_the_sweep_is_tried_again_later(
    handoff: Handoff, person: Person, queue: PublishEndpoint
) -> None:
    export_id = person.request_export()
    make_due(handoff)
    queue.status = 503
    assert handoff.sweep() == {**NOTHING, "publish due messages": 1}
    queue.status = 201
    make_due(handoff)
    assert handoff.sweep() == {**NOTHING, "publish due messages": 1}
    assert tries_sent(queue) == [1, 3]
    assert handoff.deliver(export_id, 3).status == 200


def test_a_queue_that_hangs_does_not_keep_the_sweep_from_its_other_duties(
    handoff: Handoff, queue: PublishEndpoint, released: threading.Event
) -> None:
    """60 s is all that a sweep has, and there may be 200 messages."""
    for person in [handoff.person() for _ in range(4)]:
        for _ in range(5):
            person.request_export()
    make_due(handoff)

    def hold() -> None:
        released.wait(40)

    queue.before_answer = hold
    started = time.monotonic()
    assert handoff.sweep()["publish due messages"] == 20
    assert time.monotonic() - started < 10, "one after the other would take 30 s"


def test_one_sweep_sends_all_that_is_due_however_much_it_is(handoff: Handoff) -> None:
    for person in [handoff.person() for _ in range(9)]:
        for _ in range(5):
            person.request_export()
    make_due(handoff)
    assert handoff.sweep() == {**NOTHING, "publish due messages": 45}
    assert tries_sent(handoff.queue) == [1] * 45 + [2] * 45


def test_two_sweeps_at_once_send_each_message_once(handoff: Handoff) -> None:
    for person in [handoff.person() for _ in range(4)]:
        for _ in range(5):
            person.request_export()
    make_due(handoff)
    sweeps = [handoff.load("sweep") for _ in range(4)]
    threads = [threading.Thread(target=lambda sweep=sweep: sweep.handler({}, None)) for sweep in sweeps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [(message.json["id"], message.json["try"]) for message in handoff.queue.published]
    assert len(sent) == len(set(sent)) == 40
    assert {export["try"] for export in contents(handoff)["runs"]} == {2}


def test_a_sweep_and_a_claim_at_once_do_not_lock_each_other_out(handoff: Handoff, person: Person) -> None:
    """Both take the run before its message."""
    exports = [person.request_export() for _ in range(5)]
    make_due(handoff)
    workers = [handoff.load("callback") for _ in exports]
    sweep = threading.Thread(target=lambda: handoff.sweeper.handler({}, None))
    bodies = [json.dumps({"id": export_id, "try": 1}).encode() for export_id in exports]
    handoff.sweeper  # noqa: B018 - loaded before the race begins
    sweep.start()
    answers = at_once(workers, lambda number: [delivery(PRODUCE, bodies[number])])
    sweep.join()
    assert {answer.status for answer in answers} == {200}
    assert {export["state"] for export in contents(handoff)["runs"]} == {"ready"}
