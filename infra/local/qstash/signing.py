"""The two signing keys, and the Upstash-Signature a delivery carries.

https://upstash.com/docs/qstash/features/security#request-signing-optional
https://upstash.com/docs/qstash/howto/roll-signing-keys
"""

import base64
import hashlib
import secrets
import string
from dataclasses import dataclass

import jwt

_LIFETIME_SECONDS = 300
_ALPHABET = string.ascii_letters + string.digits


@dataclass
class SigningKeys:
    """Deliveries are signed with `current`; receivers accept `next` too, so that a rotation loses nothing."""

    current: str
    next: str

    def rotate(self) -> None:
        """`next` becomes `current`, and a new `next` is made."""
        self.current, self.next = self.next, "sig_" + random_id(28)

    def sign(self, url: str, body: bytes, now: float) -> str:
        """The JWT for one delivery of `body` to `url` at Unix time `now`: valid from then, for five minutes."""
        claims = {
            "iss": "Upstash",
            "sub": url,
            "exp": int(now) + _LIFETIME_SECONDS,
            "nbf": int(now),
            "iat": int(now),
            "jti": "jwt_" + random_id(28),
            "body": base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode(),
        }
        return jwt.encode(claims, self.current, algorithm="HS256")


def random_id(length: int) -> str:
    """Letters and digits, as in the vendor's ids."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
