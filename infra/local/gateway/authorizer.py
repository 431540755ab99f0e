"""A route's JWT authorizer, as API Gateway has it: what brings no token of the issuer's for us reaches no function.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jwt

ALGORITHMS = ("RS256", "RS384", "RS512")
"""Others are not supported there."""

TIMEOUT_SECONDS = 3


class UnauthorizedError(Exception):
    """`challenge` is for the header WWW-Authenticate."""

    def __init__(self, description: str = "") -> None:
        super().__init__(description or "there is no token")
        said = f' scope="" error="invalid_token" error_description="{description}"' if description else ""
        self.challenge = f"Bearer{said}"


class JwtAuthorizer:
    """Of one issuer and one audience. It believes nobody's clock but this machine's, to the second."""

    def __init__(self, issuer: str, audience: str, keys_url: str) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys_url = keys_url

    async def context(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """What the function finds in requestContext.authorizer. Raises UnauthorizedError."""
        scheme, _, token = headers.get("authorization", "").rpartition(" ")
        if not token or scheme.lower() not in ("", "bearer"):
            raise UnauthorizedError
        claims = await asyncio.to_thread(self._read, token)
        return {"jwt": {"claims": {name: as_text(value) for name, value in claims.items()}, "scopes": None}}

    @cached_property
    def _keys(self) -> jwt.PyJWKClient:
        import jwt  # on use: cryptography takes a moment, which most runs need not pay

        return jwt.PyJWKClient(self._keys_url, timeout=TIMEOUT_SECONDS)

    def _read(self, token: str) -> dict[str, Any]:
        import jwt

        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS or not header.get("kid"):
                raise UnauthorizedError("signing method is invalid")
            key = self._keys.get_signing_key(header["kid"])
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[header["alg"]],
                issuer=self._issuer,
                options={"require": ["exp", "iss"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise UnauthorizedError("the token has expired") from None
        except jwt.InvalidIssuerError:
            raise UnauthorizedError("the token does not have a valid issuer") from None
        except jwt.PyJWKClientConnectionError:
            raise UnauthorizedError("OIDC discovery endpoint communication error") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise UnauthorizedError("the token is not valid") from None
        audience = claims.get("aud", claims.get("client_id"))
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise UnauthorizedError("the token does not have a valid audience")
        return claims


def as_text(value: Any) -> str:
    """Every claim arrives as text, a list between brackets without commas."""
    if isinstance(value, list):
        return f"[{' '.join(map(as_text, value))}]"
    return value if isinstance(value, str) else json.dumps(value)
