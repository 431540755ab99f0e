"""What an ID token has to be before somebody is believed to be who it says.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

import hmac
from collections.abc import Mapping
from typing import Any, NoReturn

import jwt

from handoff.errors import InvalidTokenError, UnverifiedEmailError, WrongDomainError
from handoff.people.addresses import is_allowed, which_are_allowed
from handoff.people.issuer_keys import IssuerKeys
from handoff.people.person import Person, SignIn
from handoff.telemetry import logger

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
"""Of key pairs alone: with a shared secret the public key would be one that everybody has."""

SKEW_SECONDS = 60
LONGEST_TOKEN = 16 * 1024
LONGEST_SUBJECT = 255
REQUIRED = ["iss", "sub", "aud", "exp", "iat", "nonce", "email"]


class IdTokens:
    """Reads the tokens of one issuer that are meant for us."""

    def __init__(self, sign_in: SignIn, keys: IssuerKeys) -> None:
        self._sign_in = sign_in
        self._keys = keys

    def read(self, token: str, nonce: str) -> Person:
        """Who signed in, in the session of that nonce.

        Raises InvalidTokenError, WrongDomainError, UnverifiedEmailError, IssuerUnavailableError.
        """
        claims = self._verified(token)
        if not _is_for(claims, self._sign_in.client_id):
            _refuse("azp")
        if not _same(claims["nonce"], nonce):
            _refuse("nonce")
        if claims.get("token_use", "id") != "id":  # Cognito's access tokens say so
            _refuse("token_use")
        subject, email = claims["sub"], claims["email"]
        if not (subject.isascii() and subject.isprintable() and 1 <= len(subject) <= LONGEST_SUBJECT):
            _refuse("sub")
        if not isinstance(email, str):
            _refuse("email")
        if not is_allowed(email, self._sign_in.domains):
            raise WrongDomainError(f"Sign in with {which_are_allowed(self._sign_in.domains)}.")
        # A boolean, as the specification and Cognito's ID tokens have it (the text "true" is of its userInfo endpoint):
        # https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims
        if claims.get("email_verified") is not True:
            raise UnverifiedEmailError
        return Person(self._sign_in.issuer, subject, email)

    def _verified(self, token: str) -> Mapping[str, Any]:
        if len(token) > LONGEST_TOKEN:
            _refuse("size")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                _refuse("header")
            key = self._keys.find(header.get("kid"))
            # The key decides how it is used; a token that names another way was not made with it.
            if key.algorithm_name != header["alg"]:
                _refuse("alg")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._sign_in.issuer,
                audience=self._sign_in.client_id,
                leeway=SKEW_SECONDS,
                options={"require": REQUIRED, "enforce_minimum_key_length": True},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            _refuse(type(error).__name__)
        return claims


def _is_for(claims: Mapping[str, Any], client_id: str) -> bool:
    """Where a token is for several, it says whom it was given to."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    return claims.get("azp") == client_id if several or "azp" in claims else True


def _same(one: object, other: str) -> bool:
    return isinstance(one, str) and hmac.compare_digest(one.encode(), other.encode())


def _refuse(reason: str) -> NoReturn:
    """The reason is for the log, in a word of ours: what the token says may be anything."""
    logger.info("an ID token was refused", reason=reason)
    raise InvalidTokenError
