"""Somebody who may look at calls: whoever comes by where nobody can sign in, and else a person who did.

On a laptop one chooses who to be, so that this signs in by itself, in the code flow with PKCE as the page does. At any
other issuer a person signs in with their browser and lends their session's cookie.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from infra.local import identity
from infra.local.errors import LocalError
from infra.local.ports import HOST
from infra.local.simulate.check import Read

COOKIE = "HANDOFF_COOKIE"
"""In the environment: what the browser sends as Cookie, such as `__Host-handoff-session=…`."""


@contextmanager
def insider(url: str, environment: Mapping[str, str]) -> Iterator[Read]:
    """What reads for them. Raises LocalError where the deployment does not answer, or does not let in."""
    cookie = {"Cookie": environment[COOKIE]} if environment.get(COOKIE) else {}
    with httpx.Client(base_url=url, headers=cookie, timeout=40, trust_env=False) as http:
        visitor = Visitor(http)
        visitor.come_in(url)
        yield visitor.read


class Visitor:
    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def come_in(self, url: str) -> None:
        session = self.read("/api/session", {})
        about = session.get("sign_in")
        if about and not session["signed_in"]:
            if urlsplit(about["issuer"]).hostname != HOST:
                raise LocalError(f"Calls are for people who signed in: set {COOKIE} to what your browser sends.")
            token = self._token(url, about)
            self._ask("POST", "/api/session", headers={"Authorization": f"Bearer {token}"})

    def read(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", path, params=query).json()
        return found

    def _token(self, url: str, about: Mapping[str, Any]) -> str:
        """https://datatracker.ietf.org/doc/html/rfc7636"""
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        returning = {"client_id": about["client_id"], "redirect_uri": url + identity.RETURN}
        asked = {
            **returning, "response_type": "code", "scope": about["scope"], "state": secrets.token_urlsafe(16),
            "nonce": about["nonce"], "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }  # fmt: skip
        chosen = {"sub": str(identity.PEOPLE[0]["sub"])}
        back = self._ask("POST", about["authorization_endpoint"], params=asked, data=chosen)
        code = parse_qs(urlsplit(back.headers.get("location", "")).query).get("code", [""])[0]
        given = {**returning, "grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        return str(self._ask("POST", about["token_endpoint"], data=given, headers={"Origin": url}).json()["id_token"])

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        where = f"{method} {urlsplit(path).path}"
        try:
            answer = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise LocalError(f"{where}: no answer ({type(error).__name__})") from None
        if answer.status_code >= 400:
            raise LocalError(f"{where}: {answer.status_code}")
        return answer
