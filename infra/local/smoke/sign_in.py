"""Signing in: with what was given, or at the laptop's own provider, where one chooses who to be."""

import httpx

from infra.local.identity.person import id_token, is_of_this_machine
from infra.local.smoke.client import Client, Json, SmokeError, check

NOT_GIVEN = (
    "they are for people who signed in: set ID_TOKEN and the SESSION that it was asked for in, or the SESSION alone of "
    "somebody who is signed in"
)


def sign_in(client: Client) -> str | None:
    """From then on the client is a person; the reason where it cannot be one. Raises SmokeError where it should be."""
    about = client.json("GET", "/api/session")
    if about["signed_in"]:
        return None
    if about["sign_in"] is None:
        return "nobody can sign in here"
    token = client.given.id_token or _token_of_this_machines(client, about["sign_in"])
    if not token:
        return NOT_GIVEN
    headers = {"Authorization": f"Bearer {token}"}
    signed_in = client.json("POST", "/api/session", headers=headers)
    check(signed_in["signed_in"], "POST /api/session: nobody is signed in afterwards")
    client.ask("POST", "/api/session", 401, headers={"Authorization": "Bearer none"})
    client.step("somebody signs in with an ID token, and nobody with none that holds")
    return None


def _token_of_this_machines(client: Client, about: Json) -> str:
    """Empty where people sign in elsewhere."""
    if not is_of_this_machine(about):
        return ""
    try:
        return id_token(client.url, about)
    except (httpx.HTTPError, KeyError, ValueError) as error:
        endpoint = about["authorization_endpoint"]
        raise SmokeError(f"the provider at {endpoint} gave no ID token ({type(error).__name__})") from error
