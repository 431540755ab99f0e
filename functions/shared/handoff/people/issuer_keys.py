"""The issuer's public keys. Imported when somebody signs in: nothing else needs them."""

import time
from http.client import HTTPException
from typing import Any

import jwt

from handoff.errors import InvalidTokenError, IssuerUnavailableError
from handoff.telemetry import logger

TIMEOUT_SECONDS = 3
KEPT_SECONDS = 300
BETWEEN_REFRESHES_SECONDS = 30
"""Keys rotate, so a key that is not known has the set fetched anew: once in this time, however many ask for others."""

AFTER_A_FAILURE_SECONDS = 2
"""While the issuer is down, those who come meanwhile are told at once, and it is not asked for each of them."""

UNREADABLE = (HTTPException, OSError, ValueError, RuntimeError)
"""What an answer can cause besides PyJWT's own errors: it is no JSON, or too deep, or has a key of another kind."""


class IssuerKeys:
    """Fetched from one URL and kept; a redirect is not followed."""

    def __init__(self, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._client = _Client(
            url, lifespan=KEPT_SECONDS, timeout=timeout_seconds, cooldown_duration=BETWEEN_REFRESHES_SECONDS
        )

    def find(self, kid: str | None) -> jwt.PyJWK:
        """The key of that name; without one the issuer's only key, where it has one alone.

        https://openid.net/specs/openid-connect-core-1_0.html#Signing
        Raises InvalidTokenError if there is no such key, IssuerUnavailableError.
        """
        try:
            known = self._client.get_signing_keys()
        except (jwt.PyJWTError, *UNREADABLE) as error:
            raise _unavailable(error) from None
        if kid is None:
            if len(known) == 1:
                return known[0]
            raise InvalidTokenError
        try:
            return self._client.get_signing_key(kid)
        except (jwt.PyJWKClientConnectionError, jwt.PyJWKSetError, *UNREADABLE) as error:
            raise _unavailable(error) from None
        except jwt.PyJWKClientError:
            raise InvalidTokenError from None


class _Client(jwt.PyJWKClient):
    """Leaves an issuer that failed alone for a moment; keys that are still kept are good meanwhile."""

    _rests_until = 0.0

    def fetch_data(self) -> Any:
        if time.monotonic() < self._rests_until:
            raise jwt.PyJWKClientConnectionError("it failed a moment ago")
        try:
            return super().fetch_data()
        except Exception:
            self._rests_until = time.monotonic() + AFTER_A_FAILURE_SECONDS
            raise


def _unavailable(error: Exception) -> IssuerUnavailableError:
    """For whoever runs this: what the issuer answered is not for the page."""
    logger.warning("the issuer's keys cannot be had", reason=type(error).__name__)
    return IssuerUnavailableError()
