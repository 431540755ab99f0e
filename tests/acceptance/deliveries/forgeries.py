"""Requests that only pretend to come from the queue."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from tests.support.deliveries import claims
from tests.support.environment import PUBLIC_URL, SIGNING_KEY
from tests.support.functions import event
from tests.support.handoff import PRODUCE

Event = dict[str, Any]
Forgery = Callable[[bytes], Event]


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token(payload: object, *, header: object = None, key: bytes = SIGNING_KEY.encode(), digest: str = "sha256") -> str:
    """A JWT made by hand, since libraries refuse to make most of these."""
    used_header = {"alg": "HS256", "typ": "JWT"} if header is None else header
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (used_header, payload))
    return f"{signed}.{encoded(hmac.new(key, signed.encode(), digest).digest())}"


def signed_with(signature: str | None, body: bytes, name: str = "Upstash-Signature") -> Event:
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers[name] = signature
    return event("POST", PRODUCE, body=body, headers=headers)


def sent_to(path: str, sent: Event) -> Event:
    """The same request on another route."""
    context = sent["requestContext"]
    return {**sent, "rawPath": path, "requestContext": {**context, "http": {**context["http"], "path": path}}}


def junk(signature: str | None) -> Forgery:
    return lambda body: signed_with(signature, body)


def claiming(**changes: Any) -> Forgery:
    """The right key, and a claim that is wrong (or, as None, missing)."""

    def make(body: bytes) -> Event:
        payload = {name: value for name, value in {**claims(PRODUCE, body), **changes}.items() if value is not None}
        return signed_with(token(payload), body)

    return make


def by_hand(**how: Any) -> Forgery:
    return lambda body: signed_with(token(claims(PRODUCE, body), **how), body)


def in_time(**seconds: int) -> Forgery:
    """exp or nbf that many seconds from now."""

    def make(body: bytes) -> Event:
        now = claims(PRODUCE, body)["iat"]
        return claiming(**{name: now + offset for name, offset in seconds.items()})(body)

    return make


def carrying(other: Callable[[bytes], bytes]) -> Forgery:
    """A true signature, on another body."""
    return lambda body: signed_with(token(claims(PRODUCE, body)), other(body))


def without_body(body: bytes) -> Event:
    made = signed_with(token(claims(PRODUCE, body)), body)
    del made["body"]
    return {**made, "isBase64Encoded": False}


def null_body(body: bytes) -> Event:
    return {**signed_with(token(claims(PRODUCE, body)), body), "body": None, "isBase64Encoded": False}


def cut(signature: Callable[[str], str]) -> Forgery:
    return lambda body: signed_with(signature(token(claims(PRODUCE, body))), body)


def deep(brackets: int) -> str:
    return f"{encoded(b'[' * brackets)}.{encoded(b'{}')}.{encoded(b'x' * 32)}"


FORGERIES: dict[str, Forgery] = {
    "no signature": junk(None),
    "an empty signature": junk(""),
    "junk": junk("junk"),
    "junk in three parts": junk("a.b.c"),
    "only dots": junk(".."),
    "many parts": junk("." * 500),
    "not ASCII": junk("ключ.ключ.ключ"),
    "8 KB of junk": junk("x" * 8192),
    "a header that is deeply nested": junk(deep(6000)),
    "a header that is no object": junk(f"{encoded(b'[]')}.{encoded(b'{}')}.{encoded(b'x' * 32)}"),
    "a header that is not UTF-8": junk(f"{encoded(bytes([255, 254]))}.{encoded(b'{}')}.{encoded(b'x' * 32)}"),
    "alg none": lambda body: signed_with(
        token(claims(PRODUCE, body), header={"alg": "none"}).rpartition(".")[0] + ".", body
    ),
    "alg None": by_hand(header={"alg": "None"}),
    "alg that is a list": by_hand(header={"alg": ["HS256"]}),
    "alg that is null": by_hand(header={"alg": None}),
    "no alg": by_hand(header={"typ": "JWT"}),
    "HS512 with the right key": by_hand(header={"alg": "HS512"}, digest="sha512"),
    "HS384 with the right key": by_hand(header={"alg": "HS384"}, digest="sha384"),
    "HS256 by name, SHA-512 in fact": by_hand(digest="sha512"),
    "RS256": by_hand(header={"alg": "RS256"}),
    "an unknown critical header": by_hand(header={"alg": "HS256", "crit": ["exp"], "exp": 1}),
    "a detached payload": by_hand(header={"alg": "HS256", "b64": False, "crit": ["b64"]}),
    "another key": by_hand(key=b"k" * 40),
    "the key with a line end": by_hand(key=SIGNING_KEY.encode() + b"\n"),
    "an empty key": by_hand(key=b""),
    "a payload that is no object": lambda body: signed_with(token([]), body),
    "a payload that is deeply nested": lambda body: signed_with(_deep_payload(), body),
    "another issuer": claiming(iss="Downstash"),
    "the issuer in lower case": claiming(iss="upstash"),
    "a list of issuers": claiming(iss=["Upstash"]),
    "no issuer": claiming(iss=None),
    "another route's subject": lambda body: signed_with(token(claims(f"{PRODUCE}/failed", body)), body),
    "another job's subject": lambda body: signed_with(token(claims("/api/jobs/other", body)), body),
    "the page's address as subject": claiming(sub=PUBLIC_URL + PRODUCE),
    "a subject with a slash at its end": lambda body: signed_with(token(claims(PRODUCE + "/", body)), body),
    "a subject with a query": lambda body: signed_with(token(claims(PRODUCE + "?x", body)), body),
    "a subject in another case": lambda body: signed_with(token(claims(PRODUCE.upper(), body)), body),
    "a subject that is no text": claiming(sub=5),
    "a subject with a lone surrogate": claiming(sub="\ud800"),
    "no subject": claiming(sub=None),
    "a body changed by a byte": carrying(lambda body: body.replace(b"1", b"2", 1)),
    "a body with a byte more": carrying(lambda body: body + b" "),
    "JSON that was written anew": carrying(lambda body: json.dumps(json.loads(body), indent=1).encode()),
    "another body, not UTF-8": carrying(lambda body: b"\xff\xfe" + body),
    "an empty body": carrying(lambda body: b""),
    "the body null": carrying(lambda body: b"null"),
    "no body at all": without_body,
    "a body that is null in the event": null_body,
    "no body claim": claiming(body=None),
    "an empty body claim": claiming(body=""),
    "a body claim that is no text": claiming(body=[1]),
    "a body claim in hexadecimal": lambda body: claiming(body=hashlib.sha256(body).hexdigest())(body),
    "expired 65 seconds ago": in_time(exp=-65),
    "not valid for another 65 seconds": in_time(nbf=65),
    "no expiry": claiming(exp=None),
    "no beginning": claiming(nbf=None),
    "an expiry that is no number": claiming(exp="never"),
    "an expiry that is infinite": claiming(exp=float("inf")),
    "an expiry that is not a number": claiming(exp=float("nan")),
    "a beginning that is infinite": claiming(nbf=float("inf")),
    "a signature cut short": cut(lambda signature: signature[:-2]),
    "a signature with a part more": cut(lambda signature: f"{signature}.x"),
    "two signatures": cut(lambda signature: f"{signature},{signature}"),
    "a bearer token": cut(lambda signature: f"Bearer {signature}"),
    "a signature in another header": lambda body: signed_with(token(claims(PRODUCE, body)), body, name="Authorization"),
}


def _deep_payload() -> str:
    signed = f"{encoded(json.dumps({'alg': 'HS256'}).encode())}.{encoded(b'[' * 5000)}"
    return f"{signed}.{encoded(hmac.new(SIGNING_KEY.encode(), signed.encode(), 'sha256').digest())}"
