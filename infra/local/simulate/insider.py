"""Somebody who may look at calls: whoever comes by where nobody can sign in, and else a person who did.

On a laptop one chooses who to be, so that this signs in by itself, in the code flow with PKCE as the page does. At any
other issuer a person signs in with their browser and lends their session's cookie.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from infra.local.errors import LocalError
from infra.local.identity.person import id_token, is_of_this_machine, lend
from infra.local.simulate.check import Read

SESSION = "SESSION"
"""In the environment: the value of the session's cookie, `__Host-handoff-session`."""


@contextmanager
def insider(url: str, environment: Mapping[str, str]) -> Iterator[Read]:
    """What reads for them. Raises LocalError where the deployment does not answer, or does not let in."""
    with httpx.Client(base_url=url, timeout=40, trust_env=False) as http:
        if environment.get(SESSION):
            lend(environment[SESSION], http)
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
            if not is_of_this_machine(about):
                raise LocalError(f"Calls are for people who signed in: set {SESSION} to your session's cookie.")
            try:
                token = id_token(url, about)
            except (httpx.HTTPError, KeyError, ValueError) as error:
                raise LocalError(f"The provider gave no ID token ({type(error).__name__}).") from None
            self._ask("POST", "/api/session", headers={"Authorization": f"Bearer {token}"})

    def read(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", path, params=query).json()
        return found

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        where = f"{method} {urlsplit(path).path}"
        try:
            answer = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise LocalError(f"{where}: no answer ({type(error).__name__})") from None
        if answer.status_code >= 400:
            raise LocalError(f"{where}: {answer.status_code}")
        return answer
