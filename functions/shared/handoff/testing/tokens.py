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


def forged(token_: str, key: str) -> dict[str, str]:
    """Tokens like this one that no receiver may take, by what is wrong with them; none if it is no token of this kind.

    https://datatracker.ietf.org/doc/html/rfc8725#section-2
    """
    try:
        _, payload, _ = token_.split(".")
        claims_ = json.loads(base64.urlsafe_b64decode(payload + "=="))
    except ValueError:
        return {}
    unsigned = f"{encoded(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{payload}."
    stronger = f"{encoded(json.dumps({'alg': 'HS512', 'typ': 'JWT'}).encode())}.{payload}"
    by_sha512 = f"{stronger}.{encoded(hmac.new(key.encode(), stronger.encode(), hashlib.sha512).digest())}"
    needed = {name for name in ("iss", "sub", "body") if name in claims_}
    return {
        "unsigned": unsigned,
        "another algorithm": by_sha512,
        "another issuer": token({**claims_, "iss": "Somebody"}, key),
        **{f"no {name}": token({k: v for k, v in claims_.items() if k != name}, key) for name in sorted(needed)},
    }


def encoded(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
