"""JSON Web Tokens made by hand, since libraries refuse to make some of those that a receiver must refuse."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any


def claims(issuer: str, url: str, body: bytes, *, at: int, lifetime_seconds: int) -> dict[str, Any]:
    """Those of a delivery, signed so many seconds from now: https://upstash.com/docs/qstash/howto/signature"""
    now = int(time.time()) + at
    digest = hashlib.sha256(body).digest()
    times = {"iat": now, "nbf": now, "exp": now + lifetime_seconds}
    return {"iss": issuer, "sub": url, **times, "jti": f"jwt_{now}", "body": encoded(digest)}


def token(payload: object, key: str) -> str:
    """RFC 7519, HS256."""
    signed = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, payload))
    return f"{signed}.{encoded(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest())}"


def encoded(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
