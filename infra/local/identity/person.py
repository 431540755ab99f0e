"""Being a person of a deployment without a browser: the laptop's own, or one whose session was lent."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from handoff.setting_types import LOOPBACK
from infra.local.identity import CLIENT_ID, PEOPLE, RETURN
from infra.local.ports import leads_nowhere_else


def is_of_this_machine(about: Mapping[str, Any]) -> bool:
    """Whether one chooses who to be. about: `sign_in` of GET /api/session."""
    return about["client_id"] == CLIENT_ID and leads_nowhere_else(urlsplit(about["authorization_endpoint"]).netloc)


def id_token(page: str, about: Mapping[str, Any]) -> str:
    """Of the laptop's first person, by the code flow with PKCE: https://datatracker.ietf.org/doc/html/rfc7636#section-4

    Raises httpx.HTTPError, KeyError or ValueError where the provider gives none.
    """
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    returning = {"client_id": CLIENT_ID, "redirect_uri": page + RETURN}
    asked = {
        **returning, "response_type": "code", "scope": about["scope"], "state": secrets.token_urlsafe(16),
        "nonce": about["nonce"], "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
    }  # fmt: skip
    chosen = {"sub": str(PEOPLE[0]["sub"])}
    back = httpx.post(about["authorization_endpoint"], params=asked, data=chosen, trust_env=False)
    (code,) = parse_qs(urlsplit(back.headers["location"]).query)["code"]
    given = {**returning, "grant_type": "authorization_code", "code": code, "code_verifier": verifier}
    return str(httpx.post(about["token_endpoint"], data=given, trust_env=False).json()["id_token"])


def lend(session: str, http: httpx.Client) -> None:
    """Give a client somebody's session, the value of their cookie, for the host of its base_url alone."""
    host = http.base_url.host
    name = "handoff-session" if host in LOOPBACK else "__Host-handoff-session"
    # A name without a dot is kept with one: https://docs.python.org/3/library/http.cookiejar.html
    domain = host if "." in host or ":" in host else f"{host}.local"
    http.cookies.set(name, session, domain=domain)
