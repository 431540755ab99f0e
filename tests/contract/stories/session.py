"""Signing in and out."""

from typing import Any

from tests.contract.stories.scene import NOWHERE, Scene, Story, Triple, each
from tests.support.functions import Answer
from tests.support.issuer import running_issuer

SIGN_IN = ("POST", "/api/session")
SIGN_OUT = ("DELETE", "/api/session")
BOTH = [SIGN_IN, SIGN_OUT]


def signed_in(scene: Scene) -> Answer:
    return with_a_token(scene)


def with_the_token_of_another_session(scene: Scene) -> Answer:
    return with_a_token(scene, nonce="another")


def with_an_address_of_another_domain(scene: Scene) -> Answer:
    return with_a_token(scene, email="ann@corp.com.evil")


def where_nobody_can_sign_in(scene: Scene) -> Answer:
    return scene.ask(settings={"OIDC_ISSUER": ""}, headers={"Authorization": "Bearer x"})


def with_the_database_down(scene: Scene) -> Answer:
    return with_a_token(scene, settings={"DATABASE_URL": NOWHERE})


def with_a_token(scene: Scene, *, settings: dict[str, str] | None = None, **claims: Any) -> Answer:
    nonce = scene.person.status("/api/session").json["sign_in"]["nonce"]
    with running_issuer() as issuer:
        headers = {"Authorization": f"Bearer {issuer.token(nonce, **claims)}"}
        return scene.ask(headers=headers, settings={**issuer.settings, **(settings or {})})


def signed_out(scene: Scene) -> Answer:
    return scene.ask()


def from_another_site(scene: Scene) -> Answer:
    return scene.ask(headers={"Sec-Fetch-Site": "same-site"})


def with_a_body_that_is_too_large(scene: Scene) -> Answer:
    return scene.ask(body=b" " * (64 * 1024 + 1))


def with_a_bug(scene: Scene) -> Answer:
    return scene.with_a_bug(scene.ask)


SESSION: dict[Triple, Story] = {
    (*SIGN_IN, 200): signed_in,
    (*SIGN_IN, 401): with_the_token_of_another_session,
    (*SIGN_IN, 403): with_an_address_of_another_domain,
    (*SIGN_IN, 404): where_nobody_can_sign_in,
    (*SIGN_IN, 503): with_the_database_down,
    (*SIGN_OUT, 204): signed_out,
    (*SIGN_OUT, 403): from_another_site,
    **each(BOTH, 413, with_a_body_that_is_too_large),
    **each(BOTH, 500, with_a_bug),
}
