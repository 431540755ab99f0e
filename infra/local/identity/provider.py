"""What oidc-provider-mock does not ask: the flow with PKCE, our own client and address, and where its tokens are read.
And what it does not say: which key its tokens are signed with.

Amazon Cognito does: https://docs.aws.amazon.com/cognito/latest/developerguide/using-pkce-in-authorization-code.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.local.identity import CLIENT_ID, RETURN
from infra.local.identity.key import SigningKey
from infra.local.ports import leads_nowhere_else

Environ = dict[str, Any]
Start = Callable[..., Any]

AUTHORIZE, TOKEN = "/oauth2/authorize", "/oauth2/token"
PATHS = ("/.well-known/openid-configuration", "/jwks", AUTHORIZE, TOKEN)
# Its form loads a style sheet from elsewhere, which it does without; and it sends people back to the page.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


class Provider:
    """A WSGI application around that of the package. page: the one origin that tokens are for."""

    def __init__(self, application: Callable[[Environ, Start], Iterable[bytes]], page: str) -> None:
        self._application = application
        self._page = page
        self._challenges: dict[str, str] = {}
        self._key = SigningKey()

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        if not leads_nowhere_else(environ.get("HTTP_HOST", "")):
            return answer(start_response, "421 Misdirected Request", {})
        match environ["PATH_INFO"]:
            case path if path not in PATHS:
                return answer(start_response, "404 Not Found", {"error": "not_found"})
            case "/jwks":
                return answer(start_response, "200 OK", self._key.key_set())
            case "/oauth2/authorize":
                return self._authorize(environ, start_response)
            case "/oauth2/token":
                return self._token(environ, start_response)
        return self._application(environ, start_response)

    def _authorize(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        asked = one_each(environ["QUERY_STRING"])
        wrong = [
            name
            for name, is_right in {
                "client_id": asked.get("client_id") == CLIENT_ID,
                "redirect_uri": asked.get("redirect_uri") == self._page + RETURN,
                "code_challenge": len(asked.get("code_challenge", "")) == 43,
                "code_challenge_method": asked.get("code_challenge_method") == "S256",
                "nonce": bool(asked.get("nonce")),
                "state": bool(asked.get("state")),
            }.items()
            if not is_right
        ]
        if wrong:
            return answer(start_response, "400 Bad Request", {"error": "invalid_request", "wrong": wrong})

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            location = dict(headers).get("Location", "")
            if code := one_each(urlsplit(location).query).get("code"):
                self._challenges[code] = asked["code_challenge"]
            return start_response(status, [*headers, ("Content-Security-Policy", POLICY)], *rest)

        return self._application(environ, start)

    def _token(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """https://datatracker.ietf.org/doc/html/rfc7636#section-4.6; a code is good once, right or wrong."""
        readable = [("Access-Control-Allow-Origin", self._page), ("Vary", "Origin"), ("Cache-Control", "no-store")]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        given = one_each(body.decode("latin-1"))
        challenge = self._challenges.pop(given.get("code", ""), "")
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        verified = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not challenge or not hmac.compare_digest(challenge, verified):
            return answer(start_response, "400 Bad Request", {"error": "invalid_grant"}, readable)

        statuses: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            statuses.append(status)
            return [].append

        # A page has no secret. The package knows no client without one, but takes whatever is said.
        said = body + b"&client_secret=none"
        asked = {**environ, "wsgi.input": io.BytesIO(said), "CONTENT_LENGTH": str(len(said))}
        given_back = json.loads(b"".join(self._application(asked, start)))
        if "id_token" in given_back:
            given_back["id_token"] = self._key.sign_anew(given_back["id_token"])
        return answer(start_response, statuses[-1], given_back, readable)


def one_each(query: str) -> dict[str, str]:
    """What is there once; of what is there twice nobody can say which was meant."""
    return {name: values[0] for name, values in parse_qs(query).items() if len(values) == 1}


def answer(
    start_response: Start, status: str, body: dict[str, Any], headers: Iterable[tuple[str, str]] = ()
) -> Iterable[bytes]:
    encoded = json.dumps(body).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(encoded))), *headers])
    return [encoded]
