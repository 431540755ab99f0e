"""An event that was answered with 202 is recorded, and one that was not is taken when it comes again."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.stories.scene import NOWHERE
from tests.functions.sweep.moves import NOTHING
from tests.support.calls import RECORD, calls, deliver_all, record, sign, started, tell
from tests.support.deliveries import delivery
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff
from tests.support.problems import assert_problem
from tests.support.tables import contents


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """Set at the end, so that a server that hangs lets go."""
    made = threading.Event()
    yield made
    made.set()


def hang(handoff: Handoff, released: threading.Event) -> None:
    """The queue takes what it is given, and does not answer."""

    def hold() -> None:
        released.wait(60)

    handoff.queue.before_answer = hold


def make_due(handoff: Handoff) -> None:
    handoff.rows("UPDATE message_outbox SET publish_after = clock_timestamp()")


def held(handoff: Handoff) -> list[dict[str, Any]]:
    return contents(handoff)["message_outbox"]


@pytest.mark.line("E6")
@pytest.mark.parametrize("status", [500, 503, 401, 413, 429])
def test_what_the_queue_does_not_take_is_held_and_sent_by_the_sweep(status: int, handoff: Handoff) -> None:
    handoff.queue.status = status
    assert tell(handoff, started("c")).status == 202
    assert [row["job_type"] for row in held(handoff)] == ["record_call_event"]
    assert handoff.sweep() == NOTHING, "not before its time"
    make_due(handoff)
    assert handoff.sweep() == {**NOTHING, "send held messages": 1}
    assert len(held(handoff)) == 1, "the queue is still down"
    handoff.queue.status = 201
    make_due(handoff)
    assert handoff.sweep() == {**NOTHING, "send held messages": 1}
    assert held(handoff) == []
    deliver_all(handoff)
    assert [(row["call_id"], row["events"]) for row in calls(handoff)] == [("c", 1)]


@pytest.mark.line("E6")
def test_a_queue_that_hangs_is_not_waited_for(handoff: Handoff, released: threading.Event) -> None:
    hang(handoff, released)
    assert tell(handoff, started("c")).status == 202
    assert len(held(handoff)) == 1


@pytest.mark.line("E6")
def test_the_pause_before_a_held_message_is_sent_again_grows(handoff: Handoff) -> None:
    handoff.queue.status = 503
    assert tell(handoff, started("c")).status == 202
    pauses = []
    for _ in range(8):
        make_due(handoff)
        handoff.sweep()
        (row,) = handoff.rows(
            "SELECT round(extract(epoch FROM publish_after - clock_timestamp()) / 30)::int AS n FROM message_outbox"
        )
        pauses.append(row["n"])
    assert pauses == [1, 2, 4, 8, 16, 32, 32, 32]


@pytest.mark.line("E6")
def test_a_message_that_was_sent_by_a_sweep_which_then_died_does_no_harm(handoff: Handoff) -> None:
    handoff.queue.status = 503
    assert tell(handoff, started("c")).status == 202
    handoff.queue.status = 201
    kept = handoff.rows("SELECT * FROM message_outbox")
    make_due(handoff)
    handoff.sweep()
    handoff.rows("INSERT INTO message_outbox SELECT (%(row)s::message_outbox).*", row=tuple(kept[0].values()))
    make_due(handoff)
    handoff.sweep()
    assert len(handoff.queue.published) == 2
    deliver_all(handoff)
    assert [row["events"] for row in calls(handoff)] == [1]


@pytest.mark.line("E7")
def test_with_queue_and_database_down_the_carrier_is_told_to_come_again_and_then_its_event_is_recorded(
    handoff: Handoff,
) -> None:
    body = b'{"type": "call.started", "timestamp": "2026-01-31T14:03:20Z", "data": {"call_id": "c"}}'
    sent = event("POST", "/events", body=body, headers=sign(body, event_id="msg_1"))
    down = handoff.load("trigger", DATABASE_URL=NOWHERE)
    handoff.queue.status = 503
    answer = invoke(down, sent)
    assert_problem(answer, 503, "database-unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    handoff.queue.status = 201
    for _ in range(2):
        assert invoke(down, sent).status == 202, "the very same request"
    # A queue that deduplicates must not take the second for the first.
    ids = [message.headers["Upstash-Deduplication-Id"] for message in handoff.queue.published]
    assert len(set(ids)) == 2
    deliver_all(handoff)
    assert [(row["call_id"], row["events"]) for row in calls(handoff)] == [("c", 1)]


@pytest.mark.line("E7")
def test_what_the_queue_took_without_a_word_and_what_the_carrier_sent_again_are_one_event(
    handoff: Handoff, released: threading.Event
) -> None:
    """The queue has it, its answer is lost, and the database is down: the carrier hears 503 and sends it again."""
    body = b'{"type": "call.rang", "data": {"call_id": "c"}}'
    sent = event("POST", "/events", body=body, headers=sign(body, event_id="msg_1"))
    hang(handoff, released)
    assert invoke(handoff.load("trigger", DATABASE_URL=NOWHERE), sent).status == 503
    handoff.queue.before_answer = lambda: None
    released.set()
    assert invoke(handoff.trigger, sent).status == 202
    deliver_all(handoff)
    assert [(row["call_id"], row["events"]) for row in calls(handoff)] == [("c", 1)]


# After 202


def give_up(handoff: Handoff, body: bytes) -> Answer:
    report = json.dumps({"sourceBody": base64.b64encode(body).decode(), "dlqId": "dlq-1"}).encode()
    return invoke(handoff.callback, delivery(f"{RECORD}/failed", report))


def test_an_event_that_the_queue_gave_up_on_is_held_once_and_sent_again(handoff: Handoff) -> None:
    """Its carrier was told 202 and will not send it again."""
    assert tell(handoff, started("c", timedelta(minutes=1))).status == 202
    (message,) = handoff.queue.published
    for _ in range(3):
        assert give_up(handoff, message.body).status == 200
    assert len(held(handoff)) == 1
    make_due(handoff)
    handoff.sweep()
    again = handoff.queue.published[1]
    ids = {each.headers["Upstash-Deduplication-Id"] for each in (message, again)}
    assert len(ids) == 2, "a queue that remembers the first would swallow the second"
    assert record(handoff, again.body).status == 200
    assert [row["events"] for row in calls(handoff)] == [1]


def test_an_event_that_can_never_be_recorded_is_not_sent_for_ever(handoff: Handoff) -> None:
    assert tell(handoff, started("c")).status == 202
    rounds = 0
    while True:
        assert give_up(handoff, handoff.queue.published[-1].body).status == 200
        if not held(handoff):
            break
        rounds += 1
        make_due(handoff)
        handoff.sweep()
        assert rounds < 50
    assert rounds == 8
