"""Signing in: with what was given, or at the laptop's own provider, where one chooses who to be."""

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlsplit

import httpx

from infra.local.identity import CLIENT_ID, PEOPLE, RETURN
from infra.local.ports import leads_nowhere_else
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
    """Empty where people sign in elsewhere. https://datatracker.ietf.org/doc/html/rfc7636#section-4"""
    endpoint = about["authorization_endpoint"]
    if about["client_id"] != CLIENT_ID or not leads_nowhere_else(urlsplit(endpoint).netloc):
        return ""
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "client_id": CLIENT_ID, "response_type": "code", "scope": about["scope"], "state": secrets.token_urlsafe(16),
        "nonce": about["nonce"], "redirect_uri": client.url + RETURN, "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
    }  # fmt: skip
    exchanged = {"grant_type": "authorization_code", "code_verifier": verifier}
    try:
        back = httpx.post(endpoint, params=asked, data={"sub": str(PEOPLE[0]["sub"])}, trust_env=False)
        (exchanged["code"],) = parse_qs(urlsplit(back.headers["location"]).query)["code"]
        answer = httpx.post(
            about["token_endpoint"],
            data={**exchanged, "client_id": CLIENT_ID, "redirect_uri": asked["redirect_uri"]},
            trust_env=False,
        )
        return str(answer.json()["id_token"])
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise SmokeError(f"the provider at {endpoint} gave no ID token ({type(error).__name__})") from error
