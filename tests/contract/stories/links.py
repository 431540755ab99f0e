"""Links: issued, revoked, and what their visitors get."""

import shutil

from tests.contract.stories.scene import NOWHERE, Scene, Story, Triple, each
from tests.support.functions import Answer

DOWNLOAD = [("GET", "/download/{token}"), ("HEAD", "/download/{token}")]


def issued(scene: Scene) -> Answer:
    return scene.ask(id=scene.person.ready_export()["id"])


def too_early(scene: Scene) -> Answer:
    return scene.ask(id=scene.person.request_export())


def after_the_file_was_removed(scene: Scene) -> Answer:
    export = scene.person.ready_export()
    scene.handoff.rows("UPDATE files SET removing_at = now(), removed_at = now()")
    return scene.ask(id=export["id"])


def revoked(scene: Scene) -> Answer:
    return scene.ask(id=scene.person.ready_export()["links"][0]["id"])


def fetched(scene: Scene) -> Answer:
    return scene.ask(token=new_token(scene))


def a_part_of_it(scene: Scene) -> Answer:
    return scene.ask(token=new_token(scene), headers={"Range": "bytes=0-9"})


def past_its_end(scene: Scene) -> Answer:
    return scene.ask(token=new_token(scene), headers={"Range": "bytes=1000000-"})


def too_large_for_an_answer(scene: Scene) -> Answer:
    scene.source.body = b"%PDF-1.7\n" + b"x" * 5_000_000
    return scene.ask(token=new_token(scene))


def a_guess(scene: Scene) -> Answer:
    return scene.ask()


def a_revoked_one(scene: Scene) -> Answer:
    token = new_token(scene)
    scene.handoff.rows("UPDATE links SET revoked_at = now()")
    return scene.ask(token=token, headers={"Accept": "text/html"})


def with_the_store_gone(scene: Scene) -> Answer:
    token = new_token(scene)
    shutil.rmtree(scene.handoff.environment["STORAGE_FOLDER"])
    return scene.ask(token=token)


def with_the_database_down(scene: Scene) -> Answer:
    return scene.ask(token=new_token(scene), settings={"DATABASE_URL": NOWHERE})


def with_a_bug(scene: Scene) -> Answer:
    return scene.with_a_bug(scene.ask)


def new_token(scene: Scene) -> str:
    return str(scene.person.ready_export()["links"][0]["url"]).rsplit("/", 1)[1]


LINKS: dict[Triple, Story] = {
    ("POST", "/api/exports/{id}/links", 201): issued,
    ("POST", "/api/exports/{id}/links", 409): too_early,
    ("POST", "/api/exports/{id}/links", 410): after_the_file_was_removed,
    ("DELETE", "/api/links/{id}", 204): revoked,
    **each(DOWNLOAD, 200, fetched),
    ("GET", "/download/{token}", 206): a_part_of_it,
    ("GET", "/download/{token}", 302): too_large_for_an_answer,
    **each(DOWNLOAD, 404, a_guess),
    **each(DOWNLOAD, 410, a_revoked_one),
    ("GET", "/download/{token}", 416): past_its_end,
    **each(DOWNLOAD, 500, with_a_bug),
    ("GET", "/download/{token}", 502): with_the_store_gone,
    **each(DOWNLOAD, 503, with_the_database_down),
}
