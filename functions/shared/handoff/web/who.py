"""What the page is told of its session: who one is, where to sign in, and what there is here besides exports."""

from typing import Any

from handoff.people.person import SignIn
from handoff.web.session import Session

SCOPE = "openid email"


def who(
    session: Session, sign_in: SignIn | None, *, images: dict[str, Any] | None = None, calls: bool = False
) -> dict[str, Any]:
    """The body of GET and POST /api/session."""
    return {
        "signed_in": session.person is not None,
        "owner": "person" if session.person else "anonymous",
        "email": session.person.email if session.person else None,
        "sign_in": _where(sign_in, session.nonce) if sign_in else None,
        "images": images,
        "calls": calls,
    }


def _where(sign_in: SignIn, nonce: str) -> dict[str, Any]:
    return {
        "issuer": sign_in.issuer,
        "client_id": sign_in.client_id,
        "authorization_endpoint": sign_in.authorization_url,
        "token_endpoint": sign_in.token_url,
        "scope": SCOPE,
        "domains": list(sign_in.domains),
        "nonce": nonce,
    }
