"""An issuer of ID tokens for a test: its key set over real HTTP, and whatever tokens the test wants of it."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support.servers import http_server, send

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
CLIENT_ID = "handoff-page"


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Making one takes a moment, so each is made once."""
    return rsa.generate_private_key(65537, bits)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwk(kid: str, key: Key, **more: Any) -> dict[str, Any]:
    """The public half, as a key set has it."""
    algorithm = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    public: dict[str, Any] = json.loads(algorithm.to_jwk(key.public_key()))  # type: ignore[arg-type]
    return {**public, "kid": kid, "use": "sig", **more}


@dataclass
class Issuer:
    """What it answers can be changed while it runs; `requests` counts those for its key set."""

    url: str = ""
    status: int = 200
    requests: int = 0
    key_set: Any = field(default_factory=lambda: {"keys": [jwk("first", rsa_key("first"), alg="RS256")]})

    @property
    def settings(self) -> dict[str, str]:
        return {
            "OIDC_ISSUER": self.url,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_KEYS_URL": f"{self.url}/jwks",
            "OIDC_AUTHORIZATION_URL": f"{self.url}/authorize",
            "OIDC_TOKEN_URL": f"{self.url}/token",
            "ALLOWED_EMAIL_DOMAINS": "corp.com,corp.example",
        }

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests += 1
        body = self.key_set if isinstance(self.key_set, bytes) else json.dumps(self.key_set).encode()
        send(handler, self.status, body, Content_Type="application/json")

    def claims(self, nonce: str, /, **changes: Any) -> dict[str, Any]:
        """Those of Ann, who may sign in. One that is None is left out."""
        now = int(time.time())
        made = {
            "iss": self.url, "sub": "ann", "aud": CLIENT_ID, "iat": now, "exp": now + 3600, "nonce": nonce,
            "email": "ann@corp.com", "email_verified": True, **changes,
        }  # fmt: skip
        return {name: value for name, value in made.items() if value is not None}

    def token(
        self,
        nonce: str,
        /,
        *,
        key: Key | None = None,
        algorithm: str = "RS256",
        header: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        """An ID token for whoever began to sign in with that nonce."""
        headers = {"kid": "first", **(header or {})}
        return jwt.encode(self.claims(nonce, **changes), key or rsa_key("first"), algorithm, headers=headers)


def encoded(part: Any) -> str:
    """A part of a token that nobody signed."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    made = Issuer()
    with http_server(made.respond) as url:
        made.url = url
        yield made
