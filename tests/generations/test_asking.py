"""Asking for images: all of them or none, each with a call; a key, a place, an owner."""

import json
from typing import Any

import pytest

from tests.support.containers import at_once
from tests.support.functions import event
from tests.support.handoff import Handoff, Person
from tests.support.problems import assert_problem
from tests.support.tables import contents

FOX = {"prompt": "A fox", "count": 4}


def test_four_images_are_four_runs_and_four_calls_that_carry_no_key(handoff: Handoff, ann: Person) -> None:
    generation = ann.request_images(4)
    assert [image["position"] for image in generation["images"]] == [1, 2, 3, 4]
    assert {image["state"] for image in generation["images"]} == {"queued"}
    assert all(image["started_at"] for image in generation["images"]), "the queue has the calls"
    assert len(handoff.queue.published) == 4
    for image, call in zip(generation["images"], sorted_by_image(handoff, generation), strict=True):
        back = f"http://127.0.0.1:8000/api/worker/openai/{image['id']}"
        assert call.destination == "https://images.example/paint"
        assert call.headers["Upstash-Callback"] == f"{back}?try=1"
        assert call.headers["Upstash-Failure-Callback"] == f"{back}/failed?try=1"
        assert call.headers["Upstash-Deduplication-Id"] == f"{image['id']}-1"
        assert call.headers["Upstash-Flow-Control-Key"] == "openai"
        assert call.headers["Upstash-Redact-Fields"] == "header[Authorization]"
        assert b"sk-" not in call.body


def sorted_by_image(handoff: Handoff, generation: dict[str, Any]) -> list[Any]:
    order = [image["id"] for image in generation["images"]]
    return sorted(
        handoff.queue.published,
        key=lambda call: order.index(call.headers["Upstash-Callback"].rsplit("/", 1)[1].partition("?")[0]),
    )


def test_where_two_places_are_free_four_images_are_refused_and_none_is_made(handoff: Handoff, ann: Person) -> None:
    ann.request_images(3)
    before = contents(handoff)
    answer = ann.trigger("POST", "/api/generations", body=FOX)
    assert_problem(answer, 429, "too-many-active")
    assert contents(handoff) == before
    assert handoff.rows("SELECT count(*) FROM generations") == [{"count": 1}]
    assert ann.request_images(2)["count"] == 2


def test_the_same_key_gives_the_same_generation_and_calls_nobody_again(handoff: Handoff, ann: Person) -> None:
    first, second = (ann.request_images(2, **{"Idempotency-Key": "click"}) for _ in range(2))
    assert first["id"] == second["id"]
    assert len(handoff.queue.published) == 2
    other = ann.trigger("POST", "/api/generations", body=FOX, headers={"Idempotency-Key": "click"})
    assert_problem(other, 422, "idempotency-key-reused")
    export = ann.trigger("POST", "/api/exports", body={}, headers={"Idempotency-Key": "click"})
    assert_problem(export, 422, "idempotency-key-reused")


def test_the_same_key_at_the_same_moment_makes_one_generation(handoff: Handoff, ann: Person) -> None:
    modules = [handoff.load("trigger") for _ in range(6)]
    asked = event(
        "POST", "/api/generations", body={**FOX, "count": 2}, cookies=ann.cookies, headers={"Idempotency-Key": "k"}
    )
    answers = at_once(modules, lambda _: [json.loads(json.dumps(asked))])
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert handoff.rows("SELECT count(*) FROM runs") == [{"count": 2}]
    assert len(handoff.queue.published) == 2


def test_places_are_never_taken_twice_however_many_ask_at_once(handoff: Handoff, ann: Person) -> None:
    modules = [handoff.load("trigger") for _ in range(6)]
    answers = at_once(
        modules,
        lambda _: [event("POST", "/api/generations", body={**FOX, "count": 2}, cookies=ann.cookies) for _ in range(2)],
    )
    assert sorted(answer.status for answer in answers) == [202] * 2 + [429] * 10
    assert handoff.rows("SELECT count(*) FROM runs") == [{"count": 4}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n"}, "prompt"),
        ({"prompt": "a\0b"}, "prompt"),
        ({"prompt": "x" * 4001}, "prompt"),
        ({}, "prompt"),
        ({"prompt": "x", "count": 0}, "count"),
        ({"prompt": "x", "count": 5}, "count"),
        ({"prompt": "x", "count": True}, "count"),
        ({"prompt": "x", "size": "1x1"}, "size"),
        ({"prompt": "x", "quality": "best"}, "quality"),
        ({"prompt": "x", "model": "y"}, "model"),
    ],
)
def test_what_cannot_be_made_is_refused_by_the_name_of_the_field(
    body: dict[str, Any], field: str, handoff: Handoff, ann: Person
) -> None:
    problem = assert_problem(ann.trigger("POST", "/api/generations", body=body), 422, "invalid-body")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert contents(handoff)["runs"] == []


def test_images_are_for_people_who_have_signed_in(handoff: Handoff) -> None:
    visitor = handoff.person()
    assert_problem(visitor.trigger("POST", "/api/generations", body=FOX), 401, "sign-in-needed")
    for path in ("/api/generations", "/api/generations/latest"):
        assert_problem(visitor.status(path), 401, "sign-in-needed")


def test_what_is_somebody_elses_is_not_there(handoff: Handoff, ann: Person) -> None:
    generation = ann.request_images()
    image_id = generation["images"][0]["id"]
    assert handoff.answer(image_id).status == 200
    link_id = ann.generation(generation["id"])["images"][0]["links"][0]["id"]
    bob = handoff.signed_in("bob@corp.com")
    before = contents(handoff)
    assert_problem(bob.status(f"/api/generations/{generation['id']}"), 404, "not-found")
    assert bob.status("/api/generations").json["items"] == []
    assert bob.status("/api/generations/latest").json["id"] is None
    for what in ("retry", "cancel", "links"):
        assert_problem(bob.trigger("POST", f"/api/images/{image_id}/{what}"), 404, "not-found")
    assert_problem(bob.trigger("DELETE", f"/api/links/{link_id}"), 404, "not-found")
    assert_problem(ann.trigger("POST", f"/api/exports/{image_id}/retry"), 404, "not-found")
    assert contents(handoff) == before


def test_a_cursor_leads_through_ones_own_generations_alone(handoff: Handoff, ann: Person) -> None:
    bob = handoff.signed_in("bob@corp.com")
    own = [ann.request_images()["id"] for _ in range(3)]
    bob.request_images()
    first = ann.status("/api/generations", query="limit=2").json
    assert [item["id"] for item in first["items"]] == own[:0:-1]
    rest = ann.status("/api/generations", query=f"limit=2&cursor={first['next_cursor']}").json
    assert [item["id"] for item in rest["items"]] == own[:1]
    assert rest["next_cursor"] is None
    assert bob.status("/api/generations", query=f"cursor={first['next_cursor']}").json["items"] == []


def test_a_generation_goes_with_the_last_of_its_images(handoff: Handoff, ann: Person) -> None:
    ann.request_images(2)
    first, second = (row["id"] for row in handoff.rows("SELECT id FROM runs"))
    handoff.rows("DELETE FROM runs WHERE id = %(id)s", id=first)
    assert handoff.rows("SELECT count(*) FROM generations") == [{"count": 1}]
    handoff.rows("DELETE FROM runs WHERE id = %(id)s", id=second)
    assert handoff.rows("SELECT count(*) FROM generations") == [{"count": 0}]


def test_the_newest_change_is_seen_whatever_the_order_of_the_commits(handoff: Handoff, ann: Person) -> None:
    """One that is committed late has an earlier time than one that was seen before."""
    etag = ann.status("/api/generations/latest").headers["etag"]
    generation = ann.request_images(2)
    seen = ann.status("/api/generations/latest")
    assert seen.json["id"] == generation["id"]
    assert seen.headers["etag"] != etag
    late = generation["images"][0]["id"]
    handoff.rows(
        "UPDATE runs SET version = version + 1, updated_at = updated_at - interval '1 s' WHERE id = %(id)s", id=late
    )
    assert ann.status("/api/generations/latest").headers["etag"] != seen.headers["etag"]
    assert ann.status("/api/generations/latest", headers={"If-None-Match": etag}).status == 200


def test_the_newest_change_is_one_look_into_each_of_two_indexes(handoff: Handoff, ann: Person) -> None:
    from handoff.database import load_queries

    handoff.rows(
        "INSERT INTO generations SELECT gen_random_uuid(), 'o' || n %% 50, 'openai', 'p', 's', 'q', now()"
        " FROM generate_series(1, 5000) AS n"
    )
    handoff.rows(
        "INSERT INTO runs (id, owner, generation_id, position, job_type, state, max_attempts, outcome, deadline_at,"
        " created_at, updated_at, ended_at) SELECT gen_random_uuid(), owner, id, 1, 'generate_image', 'canceled', 1,"
        " NULL, now(), now(), now(), now() FROM generations"
    )
    handoff.rows("ANALYZE runs, generations")
    plan = handoff.rows("EXPLAIN " + load_queries("generations")["read_latest"].sql, owner="o7")
    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "runs_images_changed" in text
    assert "generations_of_owner" in text
    assert "Seq Scan" not in text
