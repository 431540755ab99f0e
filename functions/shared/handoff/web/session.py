"""The session cookie: says who a request's owner is, signed with itsdangerous, HttpOnly, never readable by the page."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from handoff.errors import CrossSiteError, InvalidTokenError, NoSessionError, SignInNeededError
from handoff.people.addresses import is_allowed
from handoff.people.person import Person, SignIn
from handoff.setting_types import LOOPBACK

MAX_AGE = timedelta(days=30)
"""Of an anonymous session: as long as the history is kept, which nothing else leads to. Each GET /api/session starts it
anew."""

PERSON_MAX_AGE = timedelta(hours=12)
"""Of a person's, from the moment they signed in: a working day. Nothing is lost with it, for one can sign in again; and
until it ends nobody asks the issuer whether they may still."""

ANONYMOUS = "anonymous:"
"""What their owners begin with; a person's begins otherwise."""


async def refuse_other_sites(request: Request) -> None:
    """Raises CrossSiteError. SameSite=Lax lets other ports and sub-domains of the same site through; this does not.

    Clients that are no browsers do not send the header: https://www.w3.org/TR/fetch-metadata/
    """
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise CrossSiteError


@dataclass(frozen=True)
class Session:
    """Whose a request is. `nonce` ties an ID token to the session that asked for it; `person` is one who signed in."""

    owner: str
    nonce: str
    person: Person | None = None

    def of(self, person: Person) -> "Session":
        """This session, in which that person has signed in now. Nothing of it can be made from the cookie before."""
        return Session(person.owner, self.nonce, person)


def anonymous(owner: str) -> Session:
    """The nonce says nothing of the owner, who is a secret."""
    return Session(owner, urlsafe_b64encode(hashlib.sha256(f"nonce of {owner}".encode()).digest()).decode().rstrip("="))


def new_anonymous_session() -> Session:
    """Nobody can guess its owner, or be it by accident."""
    return anonymous(ANONYMOUS + secrets.token_urlsafe(18))


def bearer_token(request: Request) -> str:
    """https://datatracker.ietf.org/doc/html/rfc6750#section-2.1. Raises InvalidTokenError."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidTokenError
    return token.strip()


class SessionCookies:
    """Reads and writes the cookie. The first key signs; every key is accepted. Without `sign_in` nobody is a person."""

    def __init__(self, keys: Sequence[str], public_url: str, sign_in: SignIn | None = None) -> None:
        self._serializer = URLSafeTimedSerializer(list(reversed(keys)), salt="handoff session")
        self._secure = urlsplit(public_url).hostname not in LOOPBACK
        # The prefix makes browsers refuse the cookie from anywhere but this very host, over https:
        # https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix
        # Where it cannot be had the name has to tell: cookies of one host are shared by all of its ports.
        self.name = "__Host-handoff-session" if self._secure else "handoff-session"
        self._sign_in = sign_in

    def owner(self, request: Request) -> str:
        """Whose request this is, signed in or not. Raises NoSessionError."""
        return self.session(request).owner

    def person(self, request: Request) -> str:
        """The owner, who has signed in. Raises NoSessionError, SignInNeededError."""
        session = self.session(request)
        if session.person is None:
            raise SignInNeededError
        return session.owner

    def insider(self, request: Request) -> str:
        """The owner, who has signed in where one can; anybody where nobody can. Raises as `person` does."""
        return self.person(request) if self._sign_in else self.owner(request)

    def session(self, request: Request) -> Session:
        """Raises NoSessionError."""
        try:
            said, signed_at = self._serializer.loads(request.cookies.get(self.name, ""), return_timestamp=True)
        except BadSignature:
            raise NoSessionError from None
        session = self._understood(said)
        # Not loads(max_age=...): that refuses a cookie signed by a function whose clock is ahead of this one's.
        if session is None or datetime.now(UTC) - signed_at > _max_age(session):
            raise NoSessionError
        return session

    def give(self, response: Response, session: Session) -> None:
        """Put the cookie into an answer, with its full life."""
        response.set_cookie(
            self.name,
            self._serializer.dumps(_written(session)),
            max_age=int(_max_age(session).total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def take(self, response: Response) -> None:
        """Have the browser forget the cookie."""
        response.delete_cookie(self.name, path="/", secure=self._secure, httponly=True, samesite="lax")

    def _understood(self, said: Any) -> Session | None:
        match said:
            case str() if said.startswith(ANONYMOUS):
                return anonymous(said)
            case {"issuer": str(issuer), "subject": str(subject), "email": str(email), "nonce": str(nonce)}:
                person = Person(issuer, subject, email)
                return Session(person.owner, nonce, person) if self._may_still(person) else None
        return None

    def _may_still(self, person: Person) -> bool:
        """Whoever was let in by another issuer, or from a domain that is no longer allowed, is so no more."""
        sign_in = self._sign_in
        return sign_in is not None and person.issuer == sign_in.issuer and is_allowed(person.email, sign_in.domains)


def _max_age(session: Session) -> timedelta:
    return PERSON_MAX_AGE if session.person else MAX_AGE


def _written(session: Session) -> str | dict[str, str]:
    person = session.person
    if person is None:
        return session.owner
    return {"issuer": person.issuer, "subject": person.subject, "email": person.email, "nonce": session.nonce}
