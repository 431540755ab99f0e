"""Only a verified address of exactly an allowed domain is let in: corp.com and corp.example here."""

from typing import Any

import pytest

from tests.support.handoff import Handoff
from tests.support.issuer import Issuer
from tests.support.problems import assert_problem
from tests.support.sign_in import Visitor

ALLOWED = [
    "ann@corp.com",
    "Ann@CORP.com",
    "ann@corp.example",
    "ann+tag@corp.com",
    "o'hara@corp.com",
    "a.b-c_d@corp.com",
    "@".join(["a" * 64, "corp.com"]),
]
REFUSED = {
    "a longer domain": "a@corp.com.evil",
    "a domain that ends alike": "a@evilcorp.com",
    "a domain that begins alike": "a@corp.comevil",
    "two addresses": "a@evil.com,b@corp.com",
    "two addresses the other way round": "a@corp.com,b@evil.com",
    "two addresses and a semicolon": "a@evil.com;b@corp.com",
    "two addresses and a space": "a@evil.com b@corp.com",
    "two at signs": "a@evil.com@corp.com",
    "a quoted local part": '"@corp.com"@evil',
    "a quoted local part before the domain": '"a@evil.com"@corp.com',
    "a quoted local part with a space": '"a b"@corp.com',
    "a name around it": "Ann <a@corp.com>",
    "a comment": "a@corp.com(evil)",
    "a comment in front": "(evil)a@corp.com",
    "a route": "@evil.com:a@corp.com",
    "a percent sign for an at sign": "a%corp.com@evil.com",
    "a bang path": "corp.com!a@evil.com",
    "a sub-domain": "a@mail.corp.com",
    "the domain above": "a@com",
    "a domain of the list as the local part": "corp.com@evil.com",
    "an address literal": "a@[127.0.0.1]",
    "a Cyrillic o": "a@c\u043erp.com",
    "a Cyrillic o in Punycode": "a@xn--crp-qlc.com",
    "a full-width letter": "a@\uff43orp.com",
    "a full-width at sign": "a\uff20corp.com",
    "a full-width dot": "a@corp\uff0ecom",
    "an ideographic dot": "a@corp\u3002com",
    "a dotless i": "a@corp.com\u0131",
    "a long s": "a@corp.com\u017f",
    "the Kelvin sign": "a@\u212aorp.com",
    "a soft hyphen": "a@cor\u00adp.com",
    "a zero-width space": "a@corp.com\u200b",
    "right-to-left": "a@\u202emoc.proc",
    "a combining mark": "a@corp.com\u0301",
    "a Unicode local part": "\u00e1nn@corp.com",
    "a dot at the end": "a@corp.com.",
    "a dot at the start": "a@.corp.com",
    "two dots": "a@corp..com",
    "a space at the end": "a@corp.com ",
    "a space at the start": " a@corp.com",
    "a line end": "a@corp.com\n",
    "a header": "a@corp.com\r\nBcc: b@evil.com",
    "a NUL": "a@corp.com\0",
    "a NUL before the domain": "a@evil.com\0@corp.com",
    "a tab": "a@corp\t.com",
    "no local part": "@corp.com",
    "no at sign": "corp.com",
    "nothing": "",
    "a local part that is too long": "a" * 65 + "@corp.com",
    "a mailto": "mailto:a@corp.com",
    "a URL": "https://a@corp.com",
    "a backslash": "a\\@corp.com",
    "both domains": "a@corp.com.corp.example",
    "the list itself": "a@corp.com,corp.example",
    "a wildcard": "a@*.com",
    "10 KB": "a@" + "corp.com." * 1000 + "corp.com",
}


@pytest.mark.line("F1")
@pytest.mark.parametrize("email", ALLOWED)
def test_an_address_of_an_allowed_domain_is_let_in(email: str, visitor: Visitor, issuer: Issuer) -> None:
    answer = visitor.sign_in(issuer.token(visitor.nonce, email=email))
    assert answer.status == 200, answer.body
    assert (answer.json["signed_in"], answer.json["owner"], answer.json["email"]) == (True, "person", email)
    assert visitor.session() == answer.json


@pytest.mark.line("F1")
@pytest.mark.parametrize("email", REFUSED.values(), ids=REFUSED)
def test_no_other_address_is(email: str, visitor: Visitor, issuer: Issuer) -> None:
    before = list(visitor.cookies)
    answer = visitor.sign_in(issuer.token(visitor.nonce, email=email))
    problem = assert_problem(answer, 403, "wrong-domain")
    assert problem["detail"] == "Sign in with a @corp.com or @corp.example address."
    assert (answer.cookies, visitor.cookies) == ([], before)
    assert visitor.session()["signed_in"] is False


@pytest.mark.line("F1")
@pytest.mark.parametrize("email", [None, 1, True, ["ann@corp.com"], {"ann@corp.com": 1}], ids=str)
def test_an_address_that_is_no_text_is_none(email: object, visitor: Visitor, issuer: Issuer) -> None:
    assert_problem(visitor.sign_in(issuer.token(visitor.nonce, email=email)), 401, "invalid-token")


@pytest.mark.line("F1")
@pytest.mark.parametrize("said", [None, False, "false", "true", 1, 0, "", [True], {"email": True}], ids=repr)
def test_an_address_that_is_not_verified_is_not_let_in(said: object, visitor: Visitor, issuer: Issuer) -> None:
    answer = visitor.sign_in(issuer.token(visitor.nonce, email_verified=said))
    assert_problem(answer, 403, "unverified-email")
    assert visitor.session()["signed_in"] is False


@pytest.mark.line("F1")
def test_an_address_elsewhere_in_the_token_does_not_count(visitor: Visitor, issuer: Issuer) -> None:
    elsewhere: dict[str, Any] = {
        "preferred_username": "a@corp.com",
        "upn": "a@corp.com",
        "emails": ["a@corp.com"],
        "hd": "corp.com",
    }
    answer = visitor.sign_in(issuer.token(visitor.nonce, email="a@evil.com", **elsewhere))
    assert_problem(answer, 403, "wrong-domain")
    assert_problem(visitor.sign_in(issuer.token(visitor.nonce, email=None, **elsewhere)), 401, "invalid-token")


@pytest.mark.line("F1")
def test_a_domain_that_is_no_longer_allowed_ends_its_sessions(
    handoff: Handoff, visitor: Visitor, issuer: Issuer
) -> None:
    assert visitor.sign_in(issuer.token(visitor.nonce)).status == 200
    kept = handoff.status
    try:
        handoff.status = handoff.load("status", ALLOWED_EMAIL_DOMAINS="corp.example")
        assert visitor.session()["signed_in"] is False
    finally:
        handoff.status = kept
