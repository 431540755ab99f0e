"""What becomes of an image by what the queue tells of its call: once, twice, late, in any order, by anybody."""

import json
from functools import partial
from typing import Any

import pytest

from tests.support.answers import answer_report
from tests.support.containers import at_once
from tests.support.deliveries import delivery
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff, Person
from tests.support.painter import PNG
from tests.support.problems import assert_problem
from tests.support.tables import contents


@pytest.fixture
def image_id(ann: Person) -> str:
    """An image that the queue calls for."""
    return str(ann.request_images()["images"][0]["id"])


def seen(ann: Person) -> dict[str, Any]:
    (generation,) = ann.status("/api/generations").json["items"]
    (image,) = generation["images"]
    found: dict[str, Any] = image
    return found


def code(image: dict[str, Any]) -> str | None:
    return image["problem"] and str(image["problem"]["code"])


def test_an_answer_with_an_image_makes_it_ready_with_a_link_named_after_the_prompt(
    handoff: Handoff, ann: Person, image_id: str
) -> None:
    assert handoff.answer(image_id).status == 200
    image = seen(ann)
    assert (image["state"], image["attempt"], image["problem"]) == ("ready", 1, None)
    assert image["file"]["name"] == "A-red-fox-in-the-snow.png"
    file = handoff.visit(image["links"][0]["url"])
    assert (file.status, file.headers["content-type"], file.body) == (200, "image/png", PNG)
    (key,) = handoff.rows("SELECT key FROM files")
    assert key["key"].startswith(f"images/{image_id}/")


def test_the_same_answer_a_thousand_times_from_many_at_once_has_one_effect(
    handoff: Handoff, ann: Person, image_id: str
) -> None:
    modules = [handoff.load("callback") for _ in range(8)]
    answers = at_once(modules, lambda _: [answer_report(image_id, PNG, status=200) for _ in range(125)])
    assert {answer.status for answer in answers} <= {200, 409}
    assert len(answers) == 1000
    after = contents(handoff)
    assert (len(after["files"]), len(after["links"]), after["outbox"]) == (1, 1, [])
    assert (seen(ann)["state"], seen(ann)["attempt"]) == ("ready", 1)


def test_failed_attempts_are_recorded_and_a_later_success_counts(handoff: Handoff, ann: Person, image_id: str) -> None:
    for retried, outcome in enumerate(("rate_limited", "provider_unavailable")):
        assert handoff.answer(image_id, outcome.encode(), status=500, retried=retried).status == 200
        image = seen(ann)
        assert (image["state"], image["attempt"], code(image)) == ("queued", retried + 1, outcome)
    version = contents(handoff)["runs"]
    assert handoff.answer(image_id, b"rate_limited", status=429, retried=0).status == 200
    assert contents(handoff)["runs"] == version, "one that came before changes nothing"
    assert handoff.answer(image_id, retried=2).status == 200
    assert (seen(ann)["state"], seen(ann)["attempt"], code(seen(ann))) == ("ready", 3, None)


def test_no_answer_at_all_is_a_failed_attempt_too(handoff: Handoff, ann: Person, image_id: str) -> None:
    assert handoff.answer(image_id, b"", status=None).status == 200
    assert (seen(ann)["state"], code(seen(ann))) == ("queued", "provider_timeout")


@pytest.mark.parametrize("first", ["callback", "failure callback"])
def test_the_last_failed_attempt_ends_the_image_whichever_report_comes_first(
    first: str, handoff: Handoff, ann: Person, image_id: str
) -> None:
    reports = [
        partial(handoff.answer, image_id, b"rate_limited", status=429, retried=2),
        partial(handoff.give_up_call, image_id),
    ]
    for report in reports if first == "callback" else reversed(reports):
        assert report().status == 200
        assert (seen(ann)["state"], code(seen(ann)), seen(ann)["attempt"]) == ("failed", "rate_limited", 3)
    assert contents(handoff)["runs"][0]["dead_letter_id"] == "dlq-1"
    assert handoff.rows("SELECT count(*) FROM outbox") == [{"count": 0}]


def test_what_no_attempt_can_mend_ends_it_at_once_and_the_call_is_called_back(
    handoff: Handoff, ann: Person, image_id: str
) -> None:
    assert handoff.answer(image_id, b"!content_policy", status=400).status == 200
    assert (seen(ann)["state"], code(seen(ann)), seen(ann)["attempt"]) == ("failed", "content_policy", 1)
    assert len(handoff.queue.canceled) == 1


@pytest.mark.parametrize(("body", "outcome"), [(b"no image", "not_an_image"), (PNG + b"x" * 100_000, "too_large")])
def test_an_answer_that_cannot_be_used_fails_by_name_and_is_not_asked_for_again(
    body: bytes, outcome: str, handoff: Handoff, ann: Person, image_id: str
) -> None:
    small = handoff.load("callback", MAX_IMAGE_BYTES="10000")
    assert handoff.answer(image_id, body, callback_of=small).status == 200
    assert (seen(ann)["state"], code(seen(ann))) == ("failed", outcome)
    assert handoff.sweep()["publish due messages"] == 0
    assert len(handoff.queue.published) == 1


def test_after_success_no_failure_counts(handoff: Handoff, ann: Person, image_id: str) -> None:
    handoff.answer(image_id)
    before = contents(handoff)
    for report in (
        partial(handoff.answer, image_id, b"!content_policy", status=400),
        partial(handoff.answer, image_id, b"rate_limited", status=429, retried=2),
        partial(handoff.give_up_call, image_id),
        partial(handoff.answer, image_id, b"no image"),
    ):
        assert report().status == 200
    after = contents(handoff)
    assert {**after, "runs": None} == {**before, "runs": None}
    assert (seen(ann)["state"], code(seen(ann))) == ("ready", None)


@pytest.mark.parametrize("ending", ["canceled", "failed", "timed_out"])
def test_what_comes_after_the_end_changes_nothing(ending: str, handoff: Handoff, ann: Person, image_id: str) -> None:
    if ending == "canceled":
        assert ann.trigger("POST", f"/api/images/{image_id}/cancel").status == 200
    elif ending == "failed":
        handoff.give_up_call(image_id)
    else:
        handoff.rows("UPDATE runs SET deadline_at = now()")
        assert handoff.sweep()["end past deadline"] == 1
    assert seen(ann)["state"] == ending
    before = contents(handoff)
    assert handoff.answer(image_id).status == 200
    assert handoff.answer(image_id, b"rate_limited", status=429).status == 200
    assert contents(handoff) == before


def test_a_canceled_or_late_image_is_called_back(handoff: Handoff, ann: Person) -> None:
    first, second = (image["id"] for image in ann.request_images(2)["images"])
    ids = {str(row["id"]): row["message_id"] for row in handoff.rows("SELECT id, message_id FROM runs")}
    assert ann.trigger("POST", f"/api/images/{first}/cancel").status == 200
    assert handoff.queue.canceled == [ids[first]]
    handoff.rows("UPDATE runs SET deadline_at = now()")
    assert handoff.sweep()["end past deadline"] == 1
    assert handoff.queue.canceled == [ids[first], ids[second]]


def test_of_an_older_try_a_success_is_taken_and_a_failure_is_not(handoff: Handoff, ann: Person, image_id: str) -> None:
    handoff.give_up_call(image_id)
    assert ann.trigger("POST", f"/api/images/{image_id}/retry").status == 202
    assert seen(ann)["try"] == 2
    before = contents(handoff)
    for report in (
        partial(handoff.give_up_call, image_id),
        partial(handoff.answer, image_id, b"rate_limited", status=429),
    ):
        assert report().status == 200
        assert contents(handoff) == before
    assert handoff.answer(image_id, b"no image").status == 200
    assert (seen(ann)["state"], code(seen(ann))) == ("queued", "not_an_image"), "the newer call is under way"
    assert handoff.answer(image_id).status == 200
    assert seen(ann)["state"] == "ready"
    assert len(handoff.queue.canceled) == 1, "the newer call is not needed any more"


def test_a_retry_calls_again_once_however_often_its_key_is_sent(handoff: Handoff, ann: Person, image_id: str) -> None:
    handoff.give_up_call(image_id)
    for _ in range(3):
        path = f"/api/images/{image_id}/retry"
        answer = ann.trigger("POST", path, headers={"Idempotency-Key": "again"})
        assert answer.status == 202
    assert len(handoff.queue.published) == 2
    assert handoff.queue.published[1].headers["Upstash-Callback"].endswith(f"{image_id}?try=2")


def test_our_own_store_down_has_the_answer_brought_again_and_calls_nobody(
    handoff: Handoff, ann: Person, image_id: str
) -> None:
    broken = handoff.load("callback", STORAGE_FOLDER="/proc/no/such/folder")
    assert_problem(handoff.answer(image_id, callback_of=broken), 500, "attempt-failed")
    assert (seen(ann)["state"], code(seen(ann))) == ("queued", "storage_unavailable")
    (row,) = handoff.rows("SELECT publish_after = deadline_at AS waits FROM outbox JOIN runs ON id = run_id")
    assert row["waits"]
    assert handoff.sweep()["publish due messages"] == 0
    assert handoff.answer(image_id).status == 200
    assert seen(ann)["state"] == "ready"
    assert len(handoff.queue.published) == 1


def test_a_worker_that_vanished_leaves_the_image_to_the_next_answer_and_calls_nobody(
    handoff: Handoff, ann: Person, image_id: str
) -> None:
    handoff.rows(
        "UPDATE runs SET state = 'running', lease_token = gen_random_uuid(), lease_expires_at = now()"
        " WHERE id = %(id)s",
        id=image_id,
    )
    assert handoff.sweep()["return expired leases"] == 1
    assert len(handoff.queue.published) == 1
    (row,) = handoff.rows("SELECT publish_after = deadline_at AS waits FROM outbox JOIN runs ON id = run_id")
    assert row["waits"]
    assert handoff.answer(image_id).status == 200
    assert seen(ann)["state"] == "ready"


def test_a_call_that_the_queue_did_not_acknowledge_is_sent_again_under_the_same_try(
    handoff: Handoff, ann: Person
) -> None:
    handoff.queue.status = 503
    image_id = ann.request_images()["images"][0]["id"]
    handoff.queue.status = 201
    assert seen(ann)["started_at"] is None
    for expected in (1, 0):
        handoff.rows("UPDATE outbox SET publish_after = clock_timestamp() WHERE publishes = 0")
        assert handoff.sweep()["publish due messages"] == expected
    (call,) = handoff.queue.published
    assert call.headers["Upstash-Deduplication-Id"] == f"{image_id}-1"
    assert (seen(ann)["try"], seen(ann)["started_at"] is not None) == (1, True)


def test_an_answer_shows_that_the_queue_had_the_call_whose_acknowledgment_was_lost(
    handoff: Handoff, ann: Person
) -> None:
    handoff.queue.status = 503
    image_id = ann.request_images()["images"][0]["id"]
    handoff.queue.status = 201
    assert handoff.answer(image_id, b"rate_limited", status=429).status == 200
    handoff.rows("UPDATE outbox SET publish_after = clock_timestamp()")
    assert handoff.sweep()["publish due messages"] == 0
    assert handoff.queue.published == []


@pytest.mark.parametrize("path", ["", "/failed"])
def test_what_is_not_signed_with_its_try_is_refused(path: str, handoff: Handoff, image_id: str) -> None:
    before = contents(handoff)
    sent = answer_report(image_id, PNG, status=200, what=path)
    changes: list[dict[str, Any]] = [
        {"rawQueryString": "try=2"}, {"rawQueryString": ""}, {"headers": {}}, {"body": "e30="},
    ]  # fmt: skip
    for change in changes:
        assert_problem(invoke(handoff.callback, {**sent, **change}), 401, "unsigned-delivery")
    plain = event("POST", f"/api/worker/openai/{image_id}{path}", query="try=1", body=b"{}")
    assert_problem(invoke(handoff.callback, plain), 401, "unsigned-delivery")
    assert contents(handoff) == before


@pytest.mark.parametrize(
    "address",
    ["openai/{id}", "openai/{id}?try=0", "openai/{id}?try=1&try=2", "openai/{id}?try=99999999999", "openai/x?try=1",
     "other/{id}?try=1", "openai/00000000-0000-4000-8000-000000000000?try=1"],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 429])
def test_what_names_no_image_of_ours_is_never_brought_again(
    address: str, status: int, handoff: Handoff, image_id: str
) -> None:
    before = contents(handoff)
    body = json.dumps({"sourceBody": "", "status": status, "body": "", "maxRetries": 2}).encode()
    answer = invoke(handoff.callback, delivery("/api/worker/" + address.format(id=image_id), body))
    assert_problem(answer, 489, "invalid-delivery")
    assert contents(handoff) == before


def test_neither_prompt_nor_key_nor_what_the_call_was_sent_with_is_logged(
    handoff: Handoff, ann: Person, image_id: str, log_lines: list[dict[str, Any]]
) -> None:
    ann.trigger("POST", "/api/generations", body={"prompt": "A secret wish", "size": "1x1"})
    handoff.answer(image_id, b"rate_limited", status=429)
    handoff.answer(image_id)
    ann.request_images()
    written = json.dumps(log_lines)
    assert "claim" in written
    for secret in ("fox", "secret wish", "sk-ooo", "Bearer", "Picture"):
        assert secret not in written, secret
