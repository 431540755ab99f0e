"""The issuer's keys are fetched seldom, whatever is sent to us; they change, and they may be out of reach."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from types import ModuleType
from typing import Any

import jwt
import pytest

from handoff.errors import IssuerUnavailableError
from handoff.people import issuer_keys
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff
from tests.support.issuer import Issuer, ec_key, jwk, rsa_key, running_issuer
from tests.support.problems import assert_problem
from tests.support.servers import http_server
from tests.support.sign_in import Visitor

FIRST = jwk("first", rsa_key("first"), alg="RS256")
SECOND = jwk("second", rsa_key("second"), alg="RS256")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """One that has not been asked yet."""
    with running_issuer() as made:
        yield made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets the time of a container's memory pass."""
    ahead = 0.0

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return time.monotonic() + ahead

    def pass_by(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    for module in ("handoff.people.issuer_keys", "jwt.jwks_client", "jwt.jwk_set_cache"):
        monkeypatch.setattr(f"{module}.time", Clock)
    return pass_by


@pytest.fixture
def container(handoff: Handoff, issuer: Issuer) -> ModuleType:
    """A trigger that knows no key yet."""
    return handoff.load("trigger", **issuer.settings)


@pytest.fixture
def ask(handoff: Handoff, container: ModuleType, issuer: Issuer) -> Callable[..., Answer]:
    """Sends a token of that key, with those changes."""
    visitor = Visitor(handoff)

    def send(kid: str = "first", key: Any = None, algorithm: str = "RS256") -> Answer:
        token = issuer.token(visitor.nonce, key=key or rsa_key(kid), algorithm=algorithm, header={"kid": kid})
        headers = {"Authorization": f"Bearer {token}"}
        return invoke(container, event("POST", "/api/session", headers=headers, cookies=visitor.cookies))

    return send


@pytest.mark.line("F4")
def test_the_keys_are_fetched_once_for_many(ask: Callable[..., Answer], issuer: Issuer) -> None:
    assert [ask().status for _ in range(5)] == [200] * 5
    assert issuer.requests == 1


@pytest.mark.line("F4")
def test_what_needs_no_key_has_none_fetched(handoff: Handoff, container: ModuleType, issuer: Issuer) -> None:
    visitor = Visitor(handoff)
    for token in ("", "junk", "a.b.c", jwt.encode(issuer.claims(visitor.nonce), "s" * 32, "HS256")):
        headers = {"Authorization": f"Bearer {token}"}
        answer = invoke(container, event("POST", "/api/session", headers=headers, cookies=visitor.cookies))
        assert_problem(answer, 401, "invalid-token")
    assert issuer.requests == 0


@pytest.mark.line("F4")
def test_names_of_keys_that_there_are_not_do_not_make_us_hammer_the_issuer(
    ask: Callable[..., Answer], issuer: Issuer, clock: Callable[[float], None]
) -> None:
    for number in range(50):
        assert_problem(ask(f"junk {number}", rsa_key("another")), 401, "invalid-token")
    assert issuer.requests == 1
    clock(issuer_keys.BETWEEN_REFRESHES_SECONDS + 1)
    for number in range(50):
        ask(f"junk {number}", rsa_key("another"))
    assert issuer.requests == 2
    assert ask().status == 200, "who has a right one is let in meanwhile"


@pytest.mark.line("F4")
def test_a_key_that_is_new_is_found_and_one_that_is_gone_ends(
    ask: Callable[..., Answer], issuer: Issuer, clock: Callable[[float], None]
) -> None:
    assert ask().status == 200
    issuer.key_set = {"keys": [SECOND, FIRST]}
    assert ask("second").status == 401, "not yet: the keys were fetched a moment ago"
    clock(issuer_keys.BETWEEN_REFRESHES_SECONDS + 1)
    assert ask("second").status == ask().status == 200
    issuer.key_set = {"keys": [SECOND]}
    clock(issuer_keys.KEPT_SECONDS + 1)
    assert ask().status == 401
    assert ask("second").status == 200


@pytest.mark.line("F4")
@pytest.mark.parametrize(("keys", "status"), [([FIRST], 200), ([FIRST, SECOND], 401)], ids=["one key", "two keys"])
def test_a_token_that_names_no_key_is_of_the_only_one_there_is(
    keys: list[Any], status: int, handoff: Handoff, container: ModuleType, issuer: Issuer
) -> None:
    issuer.key_set = {"keys": keys}
    visitor = Visitor(handoff)
    token = jwt.encode(issuer.claims(visitor.nonce), rsa_key("first"), "RS256")
    headers = {"Authorization": f"Bearer {token}"}
    assert invoke(container, event("POST", "/api/session", headers=headers, cookies=visitor.cookies)).status == status


@pytest.mark.line("F4")
def test_elliptic_keys_are_keys_too(ask: Callable[..., Answer], issuer: Issuer) -> None:
    issuer.key_set = {"keys": [jwk("curve", ec_key("curve"), alg="ES256"), FIRST]}
    assert ask("curve", ec_key("curve"), "ES256").status == 200


@pytest.mark.line("F4")
@pytest.mark.parametrize("more", [{"use": "enc"}, {"kty": "oct", "k": "c2VjcmV0"}, {"alg": "HS256"}], ids=str)
def test_a_key_that_is_for_something_else_signs_nothing(
    more: dict[str, Any], ask: Callable[..., Answer], issuer: Issuer
) -> None:
    issuer.key_set = {"keys": [SECOND, {**FIRST, **more}]}
    assert_problem(ask(), 401, "invalid-token")


BROKEN: dict[str, tuple[int, Any]] = {
    "an error": (500, b"oops"),
    "not found": (404, b"{}"),
    "no JSON": (200, b"<html>"),
    "no text": (200, b"\xff\xfe"),
    "no object": (200, b"[]"),
    "no keys": (200, {}),
    "an empty set": (200, {"keys": []}),
    "keys that are none": (200, {"keys": [1, {"kty": "x"}]}),
    "deeply nested": (200, b"[" * 100_000),
    "a key without a signature": (200, {"keys": [{**FIRST, "alg": "none"}]}),
    "a redirect": (302, b""),
}


@pytest.mark.line("F4")
@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_an_issuer_that_gives_no_keys_is_our_trouble_and_not_the_persons(
    answer: tuple[int, Any], ask: Callable[..., Answer], issuer: Issuer, clock: Callable[[float], None]
) -> None:
    issuer.status, issuer.key_set = answer
    refused = ask()
    problem = assert_problem(refused, 503, "sign-in-unavailable")
    assert refused.headers["retry-after"] == "5"
    assert issuer.url not in json.dumps(problem)
    assert refused.cookies == []
    for _ in range(20):
        ask()
    assert issuer.requests == 1, "it is left alone for a moment"
    issuer.status, issuer.key_set = 200, {"keys": [FIRST]}
    clock(issuer_keys.AFTER_A_FAILURE_SECONDS + 0.1)
    assert ask().status == 200


@pytest.mark.line("F4")
def test_keys_that_are_known_are_good_while_the_issuer_is_down(
    ask: Callable[..., Answer], issuer: Issuer, clock: Callable[[float], None]
) -> None:
    assert ask().status == 200
    issuer.status = 500
    clock(issuer_keys.BETWEEN_REFRESHES_SECONDS + 1)
    assert_problem(ask("junk", rsa_key("another")), 503, "sign-in-unavailable")
    assert ask().status == 200
    clock(issuer_keys.KEPT_SECONDS + 1)
    assert_problem(ask(), 503, "sign-in-unavailable")


@pytest.mark.line("F4")
def test_nobody_waits_long_for_an_issuer_that_does_not_answer(handoff: Handoff, issuer: Issuer) -> None:
    """The function has 10 s; the client's limit is asked for, and not waited for."""
    let_go = threading.Event()

    def never(handler: BaseHTTPRequestHandler) -> None:
        let_go.wait(60)

    with http_server(never) as url:
        keys = issuer_keys.IssuerKeys(url, timeout_seconds=0.2)
        with pytest.raises(IssuerUnavailableError):
            keys.find("first")
        let_go.set()
    assert issuer_keys.TIMEOUT_SECONDS * 2 < 10


@pytest.mark.line("F4")
def test_an_issuer_that_is_not_there_is_no_failure_of_ours(handoff: Handoff, issuer: Issuer) -> None:
    visitor = Visitor(handoff)
    away = handoff.load("trigger", **{**issuer.settings, "OIDC_KEYS_URL": "http://127.0.0.1:1/jwks"})
    headers = {"Authorization": f"Bearer {issuer.token(visitor.nonce)}"}
    answer = invoke(away, event("POST", "/api/session", headers=headers, cookies=visitor.cookies))
    assert_problem(answer, 503, "sign-in-unavailable")
