"""Images: asked for, looked at, canceled, tried again, linked to; and what the queue is told of their calls."""

import json

from tests.contract.stories.scene import NOWHERE, SOME_ID, Scene, Story, Triple, each
from tests.support.answers import answer_report
from tests.support.functions import Answer
from tests.support.painter import PNG

ONE_AT_A_TIME = {"MAX_ACTIVE_RUNS": "1"}
ANSWER = ("POST", "/api/worker/{provider}/{id}")
FAILURE = ("POST", "/api/worker/{provider}/{id}/failed")


def asked_for(scene: Scene) -> Answer:
    return scene.ask(body={"prompt": "A fox", "count": 4}, headers={"Idempotency-Key": "my-click"})


def half_an_object(scene: Scene) -> Answer:
    return scene.ask(body="{", headers={"Content-Type": "application/json"})


def not_said_to_be_json(scene: Scene) -> Answer:
    return scene.ask(body="{}", headers={"Content-Type": "text/plain"})


def of_nothing(scene: Scene) -> Answer:
    return scene.ask(body={"prompt": " "})


def one_too_many(scene: Scene) -> Answer:
    return scene.ask(body={"prompt": "A fox", "count": 2}, settings=ONE_AT_A_TIME)


def where_there_are_none(scene: Scene) -> Answer:
    return scene.ask(body={"prompt": "A fox"}, settings={"IMAGE_PROVIDER": "none"})


def a_page(scene: Scene) -> Answer:
    ready(scene)
    return scene.ask(query="limit=1")


def what_one_has(scene: Scene) -> Answer:
    return scene.ask(headers={"If-None-Match": scene.ask().headers["etag"]})


def a_page_of_none(scene: Scene) -> Answer:
    return scene.ask(query="limit=0")


def looked_at_as_one_has_failed(scene: Scene) -> Answer:
    generation = scene.person.request_images(2)
    scene.handoff.answer(generation["images"][0]["id"])
    scene.handoff.answer(generation["images"][1]["id"], b"!content_policy", status=400)
    answer = scene.ask(id=generation["id"])
    assert [image["state"] for image in answer.json["images"]] == ["ready", "failed"]
    return answer


def waited_for_in_vain(scene: Scene) -> Answer:
    generation_id = scene.person.request_images()["id"]
    known = scene.ask(id=generation_id).headers["etag"]
    return scene.ask(id=generation_id, headers={"Prefer": "wait=1", "If-None-Match": known})


def unfinished(scene: Scene) -> Answer:
    return scene.ask(id=requested(scene))


def once_ready(scene: Scene) -> Answer:
    return scene.ask(id=ready(scene))


def called_off(scene: Scene) -> Answer:
    return scene.ask(id=canceled(scene))


def called_off_under_no_key(scene: Scene) -> Answer:
    return scene.ask(id=canceled(scene), headers={"Idempotency-Key": "a key"})


def called_off_beside_another(scene: Scene) -> Answer:
    image_id = canceled(scene)
    requested(scene)
    return scene.ask(id=image_id, settings=ONE_AT_A_TIME)


def after_the_file_was_removed(scene: Scene) -> Answer:
    image_id = ready(scene)
    scene.handoff.rows("UPDATE files SET removing_at = now(), removed_at = now()")
    return scene.ask(id=image_id)


def brought(scene: Scene) -> Answer:
    return scene.deliver(report(), id=artist(scene), query="?try=1")


def brought_while_another_is_at_it(scene: Scene) -> Answer:
    image_id = artist(scene)
    scene.handoff.rows(
        "UPDATE runs SET state = 'running', lease_token = gen_random_uuid(),"
        " lease_expires_at = clock_timestamp() + make_interval(secs => 9)"
    )
    return scene.deliver(report(), id=image_id, query="?try=1")


def brought_without_a_try(scene: Scene) -> Answer:
    return scene.deliver(report(), id=artist(scene))


def brought_with_the_store_down(scene: Scene) -> Answer:
    settings = {"STORAGE_FOLDER": "/proc/no/such/folder"}
    return scene.deliver(report(), id=artist(scene), query="?try=1", settings=settings)


def with_the_database_down(scene: Scene) -> Answer:
    return scene.deliver(report(), id=SOME_ID, query="?try=1", settings={"DATABASE_URL": NOWHERE})


def unsigned(scene: Scene) -> Answer:
    return scene.deliver(report(), id=SOME_ID, query="?try=1", signed=False)


def given_up(scene: Scene) -> Answer:
    return scene.deliver(report(status=429, body=b"rate_limited"), id=artist(scene), query="?try=1")


def with_a_bug(scene: Scene) -> Answer:
    return scene.with_a_bug(lambda: scene.deliver(report(), query="?try=1"))


def report(status: int = 200, body: bytes = PNG) -> bytes:
    import base64

    sent = answer_report(SOME_ID, body, status=status)
    made: bytes = base64.b64decode(sent["body"])
    assert json.loads(made)["status"] == status
    return made


def artist(scene: Scene) -> str:
    """An image that somebody wants, who is not the one of this scene."""
    images = scene.handoff.signed_in("bob@corp.com").request_images()["images"]
    return str(images[0]["id"])


def requested(scene: Scene) -> str:
    return str(scene.person.request_images()["images"][0]["id"])


def ready(scene: Scene) -> str:
    image_id = requested(scene)
    assert scene.handoff.answer(image_id).status == 200
    return image_id


def canceled(scene: Scene) -> str:
    image_id = requested(scene)
    assert scene.person.trigger("POST", f"/api/images/{image_id}/cancel").status == 200
    return image_id


IMAGES: dict[Triple, Story] = {
    ("POST", "/api/generations", 202): asked_for,
    ("POST", "/api/generations", 400): half_an_object,
    ("POST", "/api/generations", 404): where_there_are_none,
    ("POST", "/api/generations", 415): not_said_to_be_json,
    ("POST", "/api/generations", 422): of_nothing,
    ("POST", "/api/generations", 429): one_too_many,
    **each([("GET", "/api/generations"), ("GET", "/api/generations/latest")], 200, a_page),
    **each([("GET", "/api/generations"), ("GET", "/api/generations/latest")], 304, what_one_has),
    ("GET", "/api/generations", 400): a_page_of_none,
    ("GET", "/api/generations/{id}", 200): looked_at_as_one_has_failed,
    ("GET", "/api/generations/{id}", 304): waited_for_in_vain,
    ("POST", "/api/images/{id}/retry", 202): called_off,
    ("POST", "/api/images/{id}/retry", 400): called_off_under_no_key,
    ("POST", "/api/images/{id}/retry", 409): once_ready,
    ("POST", "/api/images/{id}/retry", 429): called_off_beside_another,
    ("POST", "/api/images/{id}/cancel", 200): unfinished,
    ("POST", "/api/images/{id}/cancel", 409): once_ready,
    ("POST", "/api/images/{id}/links", 201): once_ready,
    ("POST", "/api/images/{id}/links", 409): unfinished,
    ("POST", "/api/images/{id}/links", 410): after_the_file_was_removed,
    **each([ANSWER, FAILURE], 401, unsigned),
    **each([ANSWER, FAILURE], 489, brought_without_a_try),
    **each([ANSWER, FAILURE], 503, with_the_database_down),
    (*ANSWER, 200): brought,
    (*ANSWER, 409): brought_while_another_is_at_it,
    (*ANSWER, 500): brought_with_the_store_down,
    (*FAILURE, 200): given_up,
    (*FAILURE, 500): with_a_bug,
}
