"""What many operations have in common: no session, another site, too large, nothing by that name, our own troubles."""

from tests.contract.stories.scene import NOWHERE, Scene, Story, Triple, each
from tests.support.functions import Answer

READS = [
    ("GET", "/api/exports"),
    ("GET", "/api/exports/{id}"),
    ("GET", "/api/generations"),
    ("GET", "/api/generations/latest"),
    ("GET", "/api/generations/{id}"),
]
WRITES = [
    ("POST", "/api/exports"),
    ("POST", "/api/exports/{id}/retry"),
    ("POST", "/api/exports/{id}/cancel"),
    ("POST", "/api/exports/{id}/links"),
    ("DELETE", "/api/links/{id}"),
    ("POST", "/api/images/{id}/retry"),
    ("POST", "/api/images/{id}/cancel"),
    ("POST", "/api/images/{id}/links"),
    ("POST", "/api/generations"),
]
OF_SOMETHING = [("GET", "/api/exports/{id}"), ("GET", "/api/generations/{id}"), *WRITES[1:-1]]
SERVICE = [("GET", "/api/session"), ("GET", "/api/health")]


def without_a_session(scene: Scene) -> Answer:
    return scene.ask(cookies=[])


def from_another_site(scene: Scene) -> Answer:
    return scene.ask(headers={"Sec-Fetch-Site": "cross-site"})


def with_a_body_that_is_too_large(scene: Scene) -> Answer:
    return scene.ask(body=b" " * (64 * 1024 + 1))


def with_an_unknown_id(scene: Scene) -> Answer:
    return scene.ask()


def with_the_database_down(scene: Scene) -> Answer:
    return scene.ask(body=wish(scene), settings={"DATABASE_URL": NOWHERE})


def with_a_bug(scene: Scene) -> Answer:
    return scene.with_a_bug(lambda: scene.ask(body=wish(scene)))


def wish(scene: Scene) -> dict[str, str]:
    return {"prompt": "A fox"} if scene.path == "/api/generations" else {}


def a_session(scene: Scene) -> Answer:
    return scene.ask(cookies=[])


def healthy(scene: Scene) -> Answer:
    return scene.ask(cookies=[])


TROUBLES: dict[Triple, Story] = {
    ("GET", "/api/session", 200): a_session,
    ("GET", "/api/health", 200): healthy,
    **each(READS + WRITES, 401, without_a_session),
    **each(WRITES, 403, from_another_site),
    **each(OF_SOMETHING, 404, with_an_unknown_id),
    **each(WRITES, 413, with_a_body_that_is_too_large),
    **each(READS + WRITES + SERVICE, 500, with_a_bug),
    **each([*READS, *WRITES, ("GET", "/api/health")], 503, with_the_database_down),
}
