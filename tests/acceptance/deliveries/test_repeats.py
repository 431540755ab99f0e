"""At least once comes down to exactly once: one message, delivered thousands of times, by many at once."""

import base64
import json
from math import ceil

import pytest

from tests.support.containers import at_once, heavy
from tests.support.deliveries import delivery
from tests.support.functions import Answer
from tests.support.handoff import PRODUCE, Handoff
from tests.support.servers import Source
from tests.support.tables import contents

AT_ONCE = 64


@pytest.mark.line("C5")
def test_the_same_delivery_ten_thousand_times_has_one_effect(handoff: Handoff, source: Source) -> None:
    person = handoff.person()
    export_id = person.request_export()
    workers = [handoff.load("callback") for _ in range(AT_ONCE)]
    sent = delivery(PRODUCE, json.dumps({"id": export_id, "try": 1}).encode())
    each = ceil(heavy(10_000) / AT_ONCE / 2)

    first = at_once(workers, lambda _: [sent] * each)
    assert_only_done_or_leased(first)
    after_the_first = contents(handoff)
    (link,) = after_the_first["links"]
    (export,) = after_the_first["runs"]
    assert (export["state"], export["attempt"], export["try"]) == ("ready", 1, 1)
    assert [file["stored_at"] is not None for file in after_the_first["files"]] == [True]
    assert after_the_first["outbox"] == []
    assert source.requests == 1

    second = at_once(workers, lambda _: [sent] * each)
    assert {answer.status for answer in second} == {200}
    assert contents(handoff) == after_the_first
    assert contents(handoff)["links"][0]["expires_at"] == link["expires_at"]
    assert source.requests == 1
    assert len(first) + len(second) == 2 * each * AT_ONCE


@pytest.mark.line("C5")
def test_deliveries_of_a_lease_that_ran_out_are_taken_over_by_one_worker_only(handoff: Handoff, source: Source) -> None:
    export_id = handoff.person().request_export()
    handoff.rows(
        "UPDATE runs SET state = 'running', attempt = 1, lease_token = gen_random_uuid(),"
        " lease_expires_at = clock_timestamp()"
    )
    workers = [handoff.load("callback") for _ in range(8)]
    sent = delivery(PRODUCE, json.dumps({"id": export_id, "try": 1}).encode(), retried=1)
    assert_only_done_or_leased(at_once(workers, lambda _: [sent] * 3))
    assert handoff.rows("SELECT state::text, attempt FROM runs") == [{"state": "ready", "attempt": 2}]
    assert handoff.rows("SELECT count(*) FROM links") == [{"count": 1}]
    assert source.requests == 1


@pytest.mark.line("C5")
def test_the_same_failure_report_sixty_four_times_at_once_has_one_effect(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    message = json.dumps({"id": export_id, "try": 1}).encode()
    body = json.dumps({"sourceBody": base64.b64encode(message).decode(), "dlqId": "dlq-1"}).encode()
    sent = delivery(f"{PRODUCE}/failed", body)
    workers = [handoff.load("callback") for _ in range(AT_ONCE)]
    version = handoff.rows("SELECT version FROM runs")[0]["version"]
    assert {answer.status for answer in at_once(workers, lambda _: [sent])} == {200}
    assert handoff.rows("SELECT state::text, version FROM runs") == [{"state": "failed", "version": version + 1}]


def assert_only_done_or_leased(answers: list[Answer]) -> None:
    assert {answer.status for answer in answers} <= {200, 409}
    for answer in answers:
        if answer.status == 409:
            assert 1 <= int(answer.headers["retry-after"]) <= 31
        else:
            assert answer.json == {"done": True}
