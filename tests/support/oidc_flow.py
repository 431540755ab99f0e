"""Signing in at the running stack's own OpenID provider, as the page does it: the code flow with PKCE, over HTTP."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from infra.local import identity
from tests.support.stack import LocalStack, Visitor

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def session(visitor: Visitor) -> dict[str, Any]:
    found: dict[str, Any] = visitor.http.get("/api/session").json()
    return found


def asked(stack: LocalStack, visitor: Visitor, **changes: str | None) -> dict[str, str]:
    """The page's authentication request."""
    about = session(visitor)["sign_in"]
    made = {
        "client_id": about["client_id"], "response_type": "code", "scope": about["scope"], "state": "s" * 20,
        "nonce": about["nonce"], "redirect_uri": f"{stack.page}{identity.RETURN}", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256", **changes,
    }  # fmt: skip
    return {name: value for name, value in made.items() if value is not None}


def code_for(stack: LocalStack, visitor: Visitor, who: str) -> str:
    about = session(visitor)["sign_in"]
    back = httpx.post(about["authorization_endpoint"], params=asked(stack, visitor), data={"sub": who})
    assert back.status_code == 302, back.text
    answer = parse_qs(urlsplit(back.headers["location"]).query)
    assert back.headers["location"].startswith(f"{stack.page}{identity.RETURN}?")
    assert answer["state"] == ["s" * 20]
    return answer["code"][0]


def exchange(stack: LocalStack, visitor: Visitor, code: str, verifier: str = VERIFIER) -> httpx.Response:
    about = session(visitor)["sign_in"]
    given = {
        "grant_type": "authorization_code", "code": code, "client_id": about["client_id"], "code_verifier": verifier,
        "redirect_uri": f"{stack.page}{identity.RETURN}",
    }  # fmt: skip
    return httpx.post(about["token_endpoint"], data=given, headers={"Origin": stack.page})


def id_token(stack: LocalStack, visitor: Visitor, who: str = "ann@corp.example") -> str:
    return str(exchange(stack, visitor, code_for(stack, visitor, who)).json()["id_token"])


def sign_in(stack: LocalStack, visitor: Visitor, who: str = "ann@corp.example") -> httpx.Response:
    token = id_token(stack, visitor, who)
    return visitor.http.post("/api/session", headers={"Authorization": f"Bearer {token}"})
