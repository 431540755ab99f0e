"""Exports: asked for, looked at, canceled and tried again."""

from tests.contract.stories.scene import Scene, Story, Triple
from tests.support.functions import Answer

ONE_AT_A_TIME = {"MAX_ACTIVE_RUNS": "1"}


def asked_for(scene: Scene) -> Answer:
    return scene.ask(body={"document": "source-pdf"}, headers={"Idempotency-Key": "my-click"})


def half_an_object(scene: Scene) -> Answer:
    return scene.ask(body="{", headers={"Content-Type": "application/json"})


def not_said_to_be_json(scene: Scene) -> Answer:
    return scene.ask(body="{}", headers={"Content-Type": "text/plain"})


def with_an_unknown_field(scene: Scene) -> Answer:
    return scene.ask(body={"size": 1})


def one_too_many(scene: Scene) -> Answer:
    scene.person.request_export()
    return scene.ask(body={}, settings=ONE_AT_A_TIME)


def a_page_of_the_history(scene: Scene) -> Answer:
    scene.person.ready_export()
    return scene.ask(query="limit=1")


def the_page_that_one_has(scene: Scene) -> Answer:
    return scene.ask(headers={"If-None-Match": scene.ask().headers["etag"]})


def a_page_of_none(scene: Scene) -> Answer:
    return scene.ask(query="limit=0")


def looked_at_as_it_has_failed(scene: Scene) -> Answer:
    scene.source.body = b"no PDF"
    export_id = scene.person.request_export()
    scene.handoff.deliver(export_id)
    return scene.ask(id=export_id)


def waited_for_in_vain(scene: Scene) -> Answer:
    export_id = scene.person.request_export()
    known = scene.ask(id=export_id).headers["etag"]
    answer = scene.ask(id=export_id, headers={"Prefer": "wait=1", "If-None-Match": known})
    assert answer.headers["preference-applied"] == "wait=1"
    return answer


def canceled(scene: Scene) -> Answer:
    return scene.ask(id=scene.person.request_export())


def too_late(scene: Scene) -> Answer:
    return scene.ask(id=scene.person.ready_export()["id"])


def tried_again(scene: Scene) -> Answer:
    return scene.ask(id=called_off(scene))


def tried_again_under_no_key(scene: Scene) -> Answer:
    return scene.ask(id=called_off(scene), headers={"Idempotency-Key": "a key"})


def tried_again_beside_another(scene: Scene) -> Answer:
    export_id = called_off(scene)
    scene.person.request_export()
    return scene.ask(id=export_id, settings=ONE_AT_A_TIME)


def called_off(scene: Scene) -> str:
    export_id = scene.person.request_export()
    assert scene.person.trigger("POST", f"/api/exports/{export_id}/cancel").status == 200
    return export_id


EXPORTS: dict[Triple, Story] = {
    ("POST", "/api/exports", 202): asked_for,
    ("POST", "/api/exports", 400): half_an_object,
    ("POST", "/api/exports", 415): not_said_to_be_json,
    ("POST", "/api/exports", 422): with_an_unknown_field,
    ("POST", "/api/exports", 429): one_too_many,
    ("GET", "/api/exports", 200): a_page_of_the_history,
    ("GET", "/api/exports", 304): the_page_that_one_has,
    ("GET", "/api/exports", 400): a_page_of_none,
    ("GET", "/api/exports/{id}", 200): looked_at_as_it_has_failed,
    ("GET", "/api/exports/{id}", 304): waited_for_in_vain,
    ("POST", "/api/exports/{id}/cancel", 200): canceled,
    ("POST", "/api/exports/{id}/cancel", 409): too_late,
    ("POST", "/api/exports/{id}/retry", 202): tried_again,
    ("POST", "/api/exports/{id}/retry", 400): tried_again_under_no_key,
    ("POST", "/api/exports/{id}/retry", 409): too_late,
    ("POST", "/api/exports/{id}/retry", 429): tried_again_beside_another,
}
