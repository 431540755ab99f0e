"""The signature of a delivery: a JSON Web Token (RFC 7519, HS256) over the address and the body.

Its claims are those of QStash (https://upstash.com/docs/qstash/howto/signature): iss, sub the URL, exp, nbf, iat, jti
and body, the SHA-256 of the body in base64url. What we have carry messages signs in the same way, under its own issuer.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from handoff.jobs.queues.base import SignedRequest

SKEW_SECONDS = 60
"""How far the signer's clock and ours may differ."""

SHORTEST_KEY = 32


def checked_keys(keys: Sequence[str], whose: str) -> tuple[str, ...]:
    """The keys. Raises ValueError for one that could be guessed; an empty one would accept forgeries."""
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise ValueError(f"a {whose} signing key must have at least {SHORTEST_KEY} characters")
    return tuple(keys)


def is_signed(signature: str, keys: Sequence[str], request: SignedRequest, *, issuer: str) -> bool:
    """Whether one of the keys, the current and the next one, signed just this request, and it is still valid."""
    return any(_is_signed(signature, key, request, issuer) for key in keys)


def _is_signed(signature: str, key: str, request: SignedRequest, issuer: str) -> bool:
    import jwt

    try:
        claims = jwt.decode(
            signature,
            key,
            algorithms=["HS256"],
            issuer=issuer,
            leeway=SKEW_SECONDS,
            options={"require": ["iss", "sub", "exp", "nbf", "body"], "verify_aud": False},
        )
        return _same(claims["sub"], request.url) and _same(_body_hash(claims["body"]), _hash_of(request.body))
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        return False


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _body_hash(claim: object) -> str:
    if not isinstance(claim, str):
        raise TypeError
    return claim.rstrip("=")


def _hash_of(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
