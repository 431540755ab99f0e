"""An ID token counts if the right issuer made it, for us, for this session, and now. Each is Ann's but for one bit."""

import json
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.functions import event, invoke
from tests.support.handoff import Handoff
from tests.support.issuer import CLIENT_ID, Issuer, ec_key, encoded, jwk, rsa_key
from tests.support.problems import assert_problem, without_reference
from tests.support.sign_in import Visitor
from tests.support.tables import contents

Forgery = Callable[[Issuer, str], str]


def but(**changes: Any) -> Forgery:
    """With other claims; None leaves one out."""
    return lambda issuer, nonce: issuer.token(nonce, **changes)


def in_seconds(**claims: int) -> Forgery:
    def forge(issuer: Issuer, nonce: str) -> str:
        times: dict[str, Any] = {name: int(time.time()) + seconds for name, seconds in claims.items()}
        return issuer.token(nonce, **times)

    return forge


def headed(**header: Any) -> Forgery:
    return lambda issuer, nonce: issuer.token(nonce, header=header)


def headed_by(issuer: Issuer, nonce: str, **header: object) -> str:
    """Whatever the header says, by the right key."""
    said = f"{encoded({'alg': 'RS256', **header})}.{encoded(issuer.claims(nonce))}"
    algorithm = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    return f"{said}.{encoded(algorithm.sign(said.encode(), rsa_key('first')))}"


def unsigned(algorithm: object) -> Forgery:
    def forge(issuer: Issuer, nonce: str) -> str:
        return f"{encoded({'alg': algorithm, 'typ': 'JWT', 'kid': 'first'})}.{encoded(issuer.claims(nonce))}."

    return forge


def with_the_public_key_as_a_secret(issuer: Issuer, nonce: str) -> str:
    """Where the token chose the algorithm, everybody would have the key."""
    public = rsa_key("first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signing_input = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{encoded(issuer.claims(nonce))}"
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{signing_input}.{encoded(algorithm.sign(signing_input.encode(), public))}"


def of_another_key(issuer: Issuer, nonce: str) -> str:
    return issuer.token(nonce, key=rsa_key("another"))


def with_its_key_inside(issuer: Issuer, nonce: str) -> str:
    key = rsa_key("another")
    return issuer.token(nonce, key=key, header={"jwk": jwk("first", key), "jku": f"{issuer.url}/mine"})


def of_an_elliptic_key_under_that_name(issuer: Issuer, nonce: str) -> str:
    return issuer.token(nonce, key=ec_key("another"), algorithm="ES256")


def changed_afterwards(issuer: Issuer, nonce: str) -> str:
    header, _, signature = issuer.token(nonce).split(".")
    return f"{header}.{encoded(issuer.claims(nonce, sub='bob'))}.{signature}"


def without_its_signature(issuer: Issuer, nonce: str) -> str:
    return issuer.token(nonce).rpartition(".")[0] + "."


def cut(issuer: Issuer, nonce: str) -> str:
    return issuer.token(nonce)[:-2]


def of_four_parts(issuer: Issuer, nonce: str) -> str:
    return issuer.token(nonce) + ".x"


def signed(payload: object) -> str:
    """Whatever it is, by the right key."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return jwt.api_jws.encode(raw, rsa_key("first"), "RS256", headers={"kid": "first"})


def too_large(issuer: Issuer, nonce: str) -> str:
    return issuer.token(nonce, padding="x" * 20_000)


FORGERIES: dict[str, Forgery] = {
    "another issuer": but(iss="https://evil.example"),
    "our issuer and a slash": lambda issuer, nonce: issuer.token(nonce, iss=issuer.url + "/"),
    "our issuer in capitals": lambda issuer, nonce: issuer.token(nonce, iss=issuer.url.upper()),
    "no issuer": but(iss=None),
    "an issuer in a list": lambda issuer, nonce: signed({**issuer.claims(nonce), "iss": [issuer.url]}),
    "another audience": but(aud="another-page"),
    "an audience that begins alike": but(aud=f"{CLIENT_ID}-2"),
    "no audience": but(aud=None),
    "an empty audience": but(aud=[]),
    "an audience that is no text": but(aud={CLIENT_ID: 1}),
    "several audiences without us": but(aud=["a", "b"], azp="a"),
    "several audiences, given to another": but(aud=[CLIENT_ID, "other"], azp="other"),
    "several audiences, given to nobody": but(aud=[CLIENT_ID, "other"]),
    "given to another": but(azp="other"),
    "given to a list": but(azp=[CLIENT_ID]),
    "an access token": but(token_use="access"),
    "expired an hour ago": in_seconds(iat=-7200, exp=-3600),
    "expired 61 s ago": in_seconds(exp=-62),
    "no end": but(exp=None),
    "an end that is no time": but(exp="tomorrow"),
    "an end that is infinite": but(exp=float("inf")),
    "an end that is not a number": but(exp=float("nan")),
    "no beginning": but(iat=None),
    "issued in an hour": in_seconds(iat=3600),
    "not before 62 s from now": in_seconds(nbf=62),
    "not before something": but(nbf="x"),
    "no subject": but(sub=None),
    "an empty subject": but(sub=""),
    "a subject that is a number": lambda issuer, nonce: signed({**issuer.claims(nonce), "sub": 1}),
    "a subject that is too long": but(sub="a" * 256),
    "a subject with a line end": but(sub="ann\n"),
    "a subject that is not ASCII": but(sub="änn"),
    "no nonce": but(nonce=None),
    "another nonce": but(nonce="another"),
    "an empty nonce": but(nonce=""),
    "a nonce in a list": lambda issuer, nonce: issuer.token("", nonce=[nonce]),
    "a nonce and more": lambda issuer, nonce: issuer.token(nonce + "x"),
    "algorithm none": unsigned("none"),
    "algorithm None": unsigned("None"),
    "algorithm nOnE": unsigned("nOnE"),
    "no algorithm": unsigned(None),
    "an algorithm that is no text": unsigned(["RS256"]),
    "an unknown algorithm": unsigned("RS1"),
    "the public key as a secret": with_the_public_key_as_a_secret,
    "another key under that name": of_another_key,
    "another key, inside the token": with_its_key_inside,
    "an elliptic key under that name": of_an_elliptic_key_under_that_name,
    "another algorithm of the same key": lambda issuer, nonce: issuer.token(nonce, algorithm="RS512"),
    "PS256": lambda issuer, nonce: issuer.token(nonce, algorithm="PS256"),
    "a critical header": headed(crit=["exp"], exp=1),
    "an unencoded payload": headed(crit=["b64"], b64=True),
    "a key's name that is none": lambda issuer, nonce: headed_by(issuer, nonce, kid=1),
    "another key and no name": lambda issuer, nonce: jwt.encode(issuer.claims(nonce), rsa_key("another"), "RS256"),
    "an unknown key's name": headed(kid="junk"),
    "a path for a key's name": headed(kid="../../dev/null"),
    "a statement for a key's name": headed(kid="' OR 1=1 --"),
    "changed afterwards": changed_afterwards,
    "without its signature": without_its_signature,
    "cut": cut,
    "four parts": of_four_parts,
    "no object": lambda issuer, nonce: signed([issuer.claims(nonce)]),
    "no JSON": lambda issuer, nonce: signed(b"\xff\xfe"),
    "deeply nested": lambda issuer, nonce: signed(b"[" * 5000),
    "20 KB": too_large,
    "junk": lambda issuer, nonce: "junk",
    "dots": lambda issuer, nonce: "..",
    "not base64": lambda issuer, nonce: "!.!.!",
    "an encrypted token": lambda issuer, nonce: encoded({"alg": "dir", "enc": "A256GCM"}) + "..a.b.c",
}  # fmt: skip


@pytest.mark.line("F2")
@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_what_does_not_hold_signs_nobody_in(
    forgery: Forgery, handoff: Handoff, visitor: Visitor, issuer: Issuer
) -> None:
    export_id = visitor.request_export()
    before, cookies = contents(handoff), list(visitor.cookies)
    answer = visitor.sign_in(forgery(issuer, visitor.nonce))
    assert_problem(answer, 401, "invalid-token")
    assert (answer.cookies, visitor.cookies) == ([], cookies)
    assert contents(handoff) == before
    assert (visitor.session()["signed_in"], visitor.exports()) == (False, [export_id])


@pytest.mark.line("F2")
def test_every_refusal_says_the_same(visitor: Visitor, issuer: Issuer) -> None:
    """Whoever tries learns nothing of what was wrong."""
    said = {repr(without_reference(visitor.sign_in(forge(issuer, visitor.nonce)))) for forge in FORGERIES.values()}
    assert len(said) == 1


@pytest.mark.line("F2")
@pytest.mark.parametrize(
    "right",
    [
        but(),
        but(aud=[CLIENT_ID]),
        but(aud=[CLIENT_ID, "other"], azp=CLIENT_ID),
        but(azp=CLIENT_ID),
        but(token_use="id"),
        in_seconds(exp=-50),
        in_seconds(iat=50),
        in_seconds(nbf=50),
        but(sub="a" * 255),
        headed(typ="jwt"),
        lambda issuer, nonce: headed_by(issuer, nonce),
        headed(cty="x", x5t="y"),
    ],
)
def test_what_holds_signs_in(right: Forgery, visitor: Visitor, issuer: Issuer) -> None:
    assert visitor.sign_in(right(issuer, visitor.nonce)).status == 200


@pytest.mark.line("F2")
def test_a_token_is_of_no_use_in_another_session(handoff: Handoff, visitor: Visitor, issuer: Issuer) -> None:
    """Whoever stole one, from a log or by a page of theirs, has not the cookie that it was asked for with."""
    thief, token = Visitor(handoff), issuer.token(visitor.nonce)
    assert_problem(thief.sign_in(token), 401, "invalid-token")
    assert visitor.sign_in(token).status == 200


@pytest.mark.line("F2")
@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic YTpi", "x", "Token", "Bearer  "], ids=repr)
def test_without_a_token_nobody_is_signed_in(value: str, visitor: Visitor) -> None:
    answer = visitor.trigger("POST", "/api/session", headers={"Authorization": value})
    assert_problem(answer, 401, "invalid-token")


@pytest.mark.line("F2")
def test_a_token_is_taken_from_its_header_alone(visitor: Visitor, issuer: Issuer) -> None:
    token = issuer.token(visitor.nonce)
    for request in (
        {"body": {"id_token": token}},
        {"query": f"id_token={token}&access_token={token}"},
        {"body": token},
    ):
        assert_problem(visitor.trigger("POST", "/api/session", **request), 401, "invalid-token")
    assert visitor.trigger("POST", "/api/session", headers={"Authorization": f"bearer {token}"}).status == 200


@pytest.mark.line("F2")
def test_signing_in_begins_with_a_session(handoff: Handoff, visitor: Visitor, issuer: Issuer) -> None:
    """So that an answer that was lost can be asked for again."""
    headers = {"Authorization": f"Bearer {issuer.token(visitor.nonce)}"}
    assert_problem(invoke(handoff.trigger, event("POST", "/api/session", headers=headers)), 401, "no-session")


@pytest.mark.line("F2")
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_no_page_of_another_site_signs_anybody_in_or_out(
    method: str, site: str, visitor: Visitor, issuer: Issuer
) -> None:
    headers = {"Authorization": f"Bearer {issuer.token(visitor.nonce)}", "Sec-Fetch-Site": site}
    answer = visitor.trigger(method, "/api/session", headers=headers)
    assert_problem(answer, 403, "cross-site")
    assert answer.cookies == []


@pytest.mark.line("F2")
@pytest.mark.parametrize(("seconds", "status"), [(-61 * 60, 401), (-55 * 60, 200), (61 * 60 + 50, 401)])
def test_it_is_our_clock_that_decides(seconds: int, status: int, visitor: Visitor, issuer: Issuer) -> None:
    """The issuer's clock may be a minute off, and no more: here all of the token is that much older or younger."""
    now = int(time.time())
    token = issuer.token(visitor.nonce, iat=now + seconds, exp=now + seconds + 3600)
    assert visitor.sign_in(token).status == status


@pytest.mark.line("F2")
def test_a_weak_key_is_not_believed(handoff: Handoff, visitor: Visitor, issuer: Issuer) -> None:
    weak = rsa_key("weak", 1024)
    with patch.object(issuer, "key_set", {"keys": [jwk("first", weak, alg="RS256")]}):
        with pytest.warns(jwt.InsecureKeyLengthWarning):
            headers = {"Authorization": f"Bearer {issuer.token(visitor.nonce, key=weak)}"}
        fresh = handoff.load("trigger")
        answer = invoke(fresh, event("POST", "/api/session", headers=headers, cookies=visitor.cookies))
    assert_problem(answer, 401, "invalid-token")


@pytest.mark.line("F2")
def test_where_nobody_can_sign_in_nobody_is_signed_in(handoff: Handoff, visitor: Visitor, issuer: Issuer) -> None:
    headers = {"Authorization": f"Bearer {issuer.token(visitor.nonce)}"}
    trigger = handoff.load("trigger", OIDC_ISSUER="")
    answer = invoke(trigger, event("POST", "/api/session", headers=headers, cookies=visitor.cookies))
    assert_problem(answer, 404, "not-found")
