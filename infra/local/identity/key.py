"""The key that ID tokens are signed with, and its name: API Gateway takes no token whose header does not say it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

import json
import secrets
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ALGORITHM = "RS256"


class SigningKey:
    """Another one each time that the provider starts, and another name with it."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._name = secrets.token_urlsafe(8)

    def key_set(self) -> dict[str, Any]:
        """https://datatracker.ietf.org/doc/html/rfc7517#section-5"""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._private.public_key()))
        return {"keys": [{**public, "kid": self._name, "use": "sig", "alg": ALGORITHM}]}

    def sign_anew(self, token: str) -> str:
        """A token that says the same, signed with this key."""
        claims = jwt.decode(token, options={"verify_signature": False})
        return jwt.encode(claims, self._private, ALGORITHM, headers={"kid": self._name})
