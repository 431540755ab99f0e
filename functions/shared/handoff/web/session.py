"""The session cookie: says who a request's owner is, signed with itsdangerous, HttpOnly, never readable by the page."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from handoff.errors import CrossSiteError, NoSessionError

MAX_AGE = timedelta(days=30)
"""As long as the history is kept. Each GET /api/session starts it anew."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


async def refuse_other_sites(request: Request) -> None:
    """Raises CrossSiteError. SameSite=Lax lets other ports and sub-domains of the same site through; this does not.

    Clients that are no browsers do not send the header: https://www.w3.org/TR/fetch-metadata/
    """
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise CrossSiteError


class SessionCookies:
    """Reads and writes the cookie. The first key signs; every key is accepted."""

    def __init__(self, keys: Sequence[str], public_url: str) -> None:
        self._serializer = URLSafeTimedSerializer(list(reversed(keys)), salt="handoff session")
        self._secure = urlsplit(public_url).hostname not in LOOPBACK
        # The prefix makes browsers refuse the cookie from anywhere but this very host, over https:
        # https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#name-the-__host-prefix
        # Where it cannot be had the name has to tell: cookies of one host are shared by all of its ports.
        self.name = "__Host-handoff-session" if self._secure else "handoff-session"

    def owner(self, request: Request) -> str:
        """Whose request this is. Raises NoSessionError."""
        try:
            owner, signed_at = self._serializer.loads(request.cookies.get(self.name, ""), return_timestamp=True)
        except BadSignature:
            raise NoSessionError from None
        # Not loads(max_age=...): that refuses a cookie signed by a function whose clock is ahead of this one's.
        if datetime.now(UTC) - signed_at > MAX_AGE:
            raise NoSessionError
        return str(owner)

    def renew(self, response: Response, owner: str) -> None:
        """Give the owner's cookie its full life."""
        response.set_cookie(
            self.name,
            self._serializer.dumps(owner),
            max_age=int(MAX_AGE.total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )


def new_anonymous_owner() -> str:
    """An owner nobody can guess or be by accident."""
    return f"anonymous:{secrets.token_urlsafe(18)}"
