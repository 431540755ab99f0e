"""Deliveries signed as QStash signs them: https://upstash.com/docs/qstash/howto/signature"""

import base64
import hashlib
import time
from typing import Any

import jwt

from tests.support.environment import DELIVERY_URL, SIGNING_KEY
from tests.support.functions import event


def claims(path: str, body: bytes, **changes: Any) -> dict[str, Any]:
    """The claims of a valid signature; a change to None leaves a claim out."""
    now = int(time.time())
    made = {
        "iss": "Upstash",
        "sub": DELIVERY_URL + path,
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": "jwt_1",
        "body": base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("="),
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def delivery(
    path: str, body: bytes, *, key: str = SIGNING_KEY, algorithm: str = "HS256", retried: int = 0, **changes: Any
) -> dict[str, Any]:
    """The event of a signed delivery. The path may have a query, which is signed too."""
    signature = jwt.encode(claims(path, body, **changes), key, algorithm=algorithm)
    headers = {
        "Upstash-Signature": signature,
        "Upstash-Retried": str(retried),
        "Upstash-Message-Id": "msg_1",
        "Content-Type": "application/json",
    }
    path, _, query = path.partition("?")
    return event("POST", path, body=body, headers=headers, query=query)
