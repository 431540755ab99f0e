"""What becomes of a job's message, attempt by attempt: the consumer that Lambda runs, on Postgres and SQS."""

import json
from typing import Any
from uuid import uuid4

import pytest

from handoff.jobs.queues.base import Message, Report
from handoff.jobs.queues.sqs import SqsQueue
from tests.sqs.lambda_ import Lambda
from tests.support.calls import calls, started, tell
from tests.support.environment import DELIVERY_URL
from tests.support.servers import Source

PRODUCE = f"{DELIVERY_URL}/api/jobs/produce_export"
SOON = 1.0
"""Seconds that a test may take between an attempt and its look at the pause."""


def reasons(letters: list[dict[str, Any]]) -> list[str]:
    return [letter["MessageAttributes"]["Reason"]["StringValue"] for letter in letters]


def state(on_sqs: Lambda, export_id: str) -> dict[str, Any]:
    (row,) = on_sqs.handoff.rows(
        "SELECT state::text, outcome, attempt, dead_letter_id FROM runs WHERE id = %(id)s::uuid", id=export_id
    )
    return row


def test_an_export_goes_through_trigger_and_queue_to_its_link(on_sqs: Lambda) -> None:
    person = on_sqs.handoff.person()
    export_id = person.request_export()
    assert on_sqs.take_due() == 0
    export = person.export(export_id)
    assert export["state"] == "ready"
    assert on_sqs.handoff.visit(export["links"][0]["url"]).status == 200
    assert on_sqs.sqs.messages() == []


def test_an_event_of_a_call_goes_the_same_way(on_sqs: Lambda) -> None:
    assert tell(on_sqs.handoff, started("c")).status == 202
    assert on_sqs.take_due() == 0
    assert [(call["call_id"], call["events"]) for call in calls(on_sqs.handoff)] == [("c", 1)]
    assert on_sqs.sqs.messages() == []


def test_what_the_sweep_sends_is_taken_too(on_sqs: Lambda) -> None:
    person = on_sqs.handoff.person()
    export_id = person.request_export()
    on_sqs.sqs.begin()  # which forgets the message
    on_sqs.handoff.rows("UPDATE outbox SET publish_after = clock_timestamp()")
    assert on_sqs.handoff.sweep()["publish due messages"] == 1
    assert on_sqs.take_due() == 0
    assert person.export(export_id)["state"] == "ready"


def test_a_failed_attempt_comes_again_after_a_pause_that_doubles_and_the_last_is_given_up(
    on_sqs: Lambda, source: Source
) -> None:
    export_id = on_sqs.handoff.person().request_export()
    source.status = 503
    for attempt, pause in enumerate((5, 10, 20), start=1):
        assert on_sqs.take_due() == 1
        assert pause - SOON < on_sqs.pause() <= pause
        assert state(on_sqs, export_id)["state"] == "queued"
        assert state(on_sqs, export_id)["attempt"] == attempt
        on_sqs.sqs.skip()
    assert on_sqs.take_due() == 0
    (letter,) = on_sqs.dead_letters()
    assert reasons([letter]) == ["retries used up"]
    found = state(on_sqs, export_id)
    assert (found["state"], found["outcome"], found["attempt"]) == ("failed", "source_status", 4)
    assert found["dead_letter_id"] == letter["MessageId"]
    assert on_sqs.sqs.messages() == []


def test_one_that_succeeds_at_last_leaves_no_dead_letter(on_sqs: Lambda, source: Source) -> None:
    person = on_sqs.handoff.person()
    export_id = person.request_export()
    source.status = 503
    assert on_sqs.take_due() == 1
    source.status = 200
    on_sqs.sqs.skip()
    assert on_sqs.take_due() == 0
    assert person.export(export_id)["state"] == "ready"
    assert on_sqs.dead_letters() == []


def test_what_no_attempt_can_mend_is_given_up_at_once(on_sqs: Lambda, source: Source) -> None:
    export_id = on_sqs.handoff.person().request_export()
    source.body = b"<html>not a document</html>"
    assert on_sqs.take_due() == 0
    assert reasons(on_sqs.dead_letters()) == ["refused for good"]
    assert (state(on_sqs, export_id)["state"], state(on_sqs, export_id)["outcome"]) == ("failed", "not_a_pdf")


def test_a_run_that_is_gone_is_given_up_at_once(on_sqs: Lambda) -> None:
    export_id = on_sqs.handoff.person().request_export()
    on_sqs.handoff.rows("DELETE FROM runs WHERE id = %(id)s::uuid", id=export_id)
    assert on_sqs.take_due() == 0
    assert reasons(on_sqs.dead_letters()) == ["refused for good"]


def test_while_another_worker_is_at_it_the_message_waits_for_the_end_of_the_lease(on_sqs: Lambda) -> None:
    export_id = on_sqs.handoff.person().request_export()
    on_sqs.handoff.rows(
        "UPDATE runs SET state = 'running', lease_token = %(token)s::uuid, "
        "lease_expires_at = clock_timestamp() + interval '17 seconds', started_at = clock_timestamp() "
        "WHERE id = %(id)s::uuid",
        id=export_id, token=str(uuid4()),
    )  # fmt: skip
    assert on_sqs.take_due() == 1
    assert 17 - SOON < on_sqs.pause() <= 18
    assert on_sqs.dead_letters() == []


def test_the_last_attempt_of_one_whose_consumer_was_killed_is_not_run_again_but_given_up(
    on_sqs: Lambda, source: Source
) -> None:
    export_id = on_sqs.handoff.person().request_export()
    for _ in range(4):
        assert on_sqs.receive()  # and not a word
        on_sqs.sqs.skip()
    assert on_sqs.take_due() == 0
    assert source.requests == 0
    assert reasons(on_sqs.dead_letters()) == ["no word of the last attempt"]
    assert (state(on_sqs, export_id)["state"], state(on_sqs, export_id)["outcome"]) == ("failed", "undeliverable")


def test_without_a_word_a_message_comes_again_when_six_times_the_functions_time_is_over(on_sqs: Lambda) -> None:
    on_sqs.handoff.person().request_export()
    assert on_sqs.receive()
    assert 720 - SOON < on_sqs.pause() <= 720


def test_what_kills_every_consumer_goes_to_the_dead_letters_by_itself(on_sqs: Lambda) -> None:
    on_sqs.handoff.person().request_export()
    for _ in range(15):
        assert on_sqs.receive()
        on_sqs.sqs.skip()
    assert on_sqs.receive() == []
    assert len(on_sqs.dead_letters()) == 1


def test_a_bad_message_does_not_stop_the_others_of_its_batch(
    on_sqs: Lambda, source: Source, log_lines: list[dict[str, Any]]
) -> None:
    person = on_sqs.handoff.person()
    first = person.request_export()
    poison = '{"id": "a secret of somebody\'s"}'
    on_sqs.put(poison)
    second = person.request_export()
    messages = on_sqs.receive()
    assert len(messages) == 3
    assert on_sqs.take(messages) == 0
    assert [person.export(each)["state"] for each in (first, second)] == ["ready", "ready"]
    (letter,) = on_sqs.dead_letters()
    assert (letter["Body"], reasons([letter])) == (poison, ["unreadable"])
    (line,) = [line for line in log_lines if line["message"] == "given up"]
    assert line["dead_letter"] == letter["MessageId"]
    assert not {"run", "message_id"} & line.keys(), "it is nobody's"
    assert "somebody" not in json.dumps(log_lines)


def test_of_a_batch_only_what_failed_stays(on_sqs: Lambda, source: Source) -> None:
    person = on_sqs.handoff.person()
    exports = [person.request_export() for _ in range(3)]
    answers = iter((200, 503, 200))
    source.before_answer = lambda: setattr(source, "status", next(answers))
    messages = on_sqs.receive()
    assert on_sqs.take(messages) == 1
    assert sorted(person.export(each)["state"] for each in exports) == ["queued", "ready", "ready"]
    assert len(on_sqs.sqs.messages()) == 1


def test_while_the_database_is_away_the_message_waits(on_sqs: Lambda) -> None:
    person = on_sqs.handoff.person()
    export_id = person.request_export()
    away = on_sqs.handoff.load("consume", DATABASE_URL="postgresql://nobody@127.0.0.1:1/handoff")
    assert on_sqs.take(on_sqs.receive(), consume=away) == 1
    assert 5 - 4 < on_sqs.pause() <= 5
    assert on_sqs.dead_letters() == []
    on_sqs.sqs.skip()
    assert on_sqs.take_due() == 0
    assert person.export(export_id)["state"] == "ready"


def test_a_report_that_cannot_be_brought_now_is_a_message_until_it_can(on_sqs: Lambda) -> None:
    """The database goes away before the queue gives up."""
    export_id = on_sqs.handoff.person().request_export()
    for _ in range(4):
        assert on_sqs.receive()
        on_sqs.sqs.skip()
    away = on_sqs.handoff.load("consume", DATABASE_URL="postgresql://nobody@127.0.0.1:1/handoff")
    assert on_sqs.take(on_sqs.receive(), consume=away) == 0
    assert state(on_sqs, export_id)["state"] == "queued"
    (letter,) = on_sqs.dead_letters()
    assert on_sqs.take_due() == 0
    assert (state(on_sqs, export_id)["state"], state(on_sqs, export_id)["dead_letter_id"]) == (
        "failed",
        letter["MessageId"],
    )
    assert on_sqs.sqs.messages() == []


def test_an_address_of_ours_that_no_job_has_is_given_up_and_never_called(
    on_sqs: Lambda, consuming: SqsQueue, source: Source
) -> None:
    export_id = on_sqs.handoff.person().request_export()
    on_sqs.sqs.begin()
    run = json.dumps({"id": export_id, "try": 1}).encode()
    for url in (f"{DELIVERY_URL}/api/exports", f"{DELIVERY_URL}/api/jobs/unknown", f"{PRODUCE}/"):
        consuming.send_now(Message(url, run))
    consuming.send_now(Message(f"{PRODUCE}/other", consuming.write_report(Report(run))))
    assert on_sqs.take(on_sqs.receive()) == 0
    assert reasons(on_sqs.dead_letters()) == ["refused for good"] * 4
    assert (state(on_sqs, export_id)["state"], source.requests) == ("queued", 0)


def test_a_bug_in_a_job_is_an_attempt_that_failed_and_is_logged_without_its_words(
    on_sqs: Lambda, consuming: SqsQueue, log_lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = on_sqs.consume.wiring.consumer

    def broken(*_: object) -> None:
        raise RuntimeError("postgresql://user:password@host")

    monkeypatch.setitem(consumer._routes, f"{DELIVERY_URL}/api/jobs/", broken)
    consuming.send_now(Message(PRODUCE, b"{}", retries=1))
    assert on_sqs.take_due() == 1
    assert 5 - SOON < on_sqs.pause() <= 5
    assert [line["kind"] for line in log_lines if line["message"] == "unexpected"] == ["RuntimeError"]
    assert "password" not in json.dumps(log_lines)


def test_each_line_of_the_log_names_request_message_and_run_and_none_the_next_ones(
    on_sqs: Lambda, log_lines: list[dict[str, Any]]
) -> None:
    person = on_sqs.handoff.person()
    exports = {person.request_export(), person.request_export()}
    messages = on_sqs.receive()
    del log_lines[:]
    on_sqs.take(messages)
    attempts = [line for line in log_lines if line["message"] == "attempt"]
    assert {line["run"] for line in attempts} == exports
    assert {line["message_id"] for line in attempts} == {message["MessageId"] for message in messages}
    assert len({line["request_id"] for line in log_lines}) == 1
    assert [(line["where"], line["status"], line["retried"]) for line in attempts] == [("here", 200, 0)] * 2


def test_a_consumer_that_lacks_a_setting_fails_whole_and_names_it(on_sqs: Lambda) -> None:
    on_sqs.handoff.person().request_export()
    with pytest.raises(Exception, match="SQS_DEAD_LETTER_QUEUE_URL is not set"):
        on_sqs.handoff.load("consume", SQS_DEAD_LETTER_QUEUE_URL="")


def test_a_consumer_of_a_queue_that_calls_by_itself_says_so(on_sqs: Lambda) -> None:
    on_sqs.handoff.person().request_export()
    other = on_sqs.handoff.load("consume", QUEUE_PROVIDER="qstash")
    with pytest.raises(Exception, match="QUEUE_PROVIDER=qstash calls by itself"):
        on_sqs.take(on_sqs.receive(), consume=other)


def test_callback_believes_nobody_where_the_queue_calls_nobody(on_sqs: Lambda) -> None:
    export_id = on_sqs.handoff.person().request_export()
    assert on_sqs.handoff.deliver(export_id).status == 401
    assert on_sqs.handoff.give_up(export_id).status == 401


def test_a_bug_in_the_consumer_itself_is_logged_and_leaves_the_message(
    on_sqs: Lambda, log_lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Powertools counts the failure and says nothing of it."""
    on_sqs.handoff.person().request_export()

    def broken(record: object) -> None:
        raise RuntimeError("a private body")

    monkeypatch.setattr(on_sqs.consume.wiring.consumer._queue, "receive", broken)
    assert on_sqs.take_due() == 1
    assert [line["kind"] for line in log_lines if line["message"] == "unexpected"] == ["RuntimeError"]
    assert "private" not in json.dumps(log_lines)
