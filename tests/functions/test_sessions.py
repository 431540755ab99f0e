"""Who one is: what GET /api/session says, how long a person is one, and what is for people alone."""

from typing import Any

import pytest
from starlette.requests import Request

from handoff.errors import NoSessionError, SignInNeededError
from handoff.people.person import Person
from handoff.web.session import MAX_AGE, PERSON_MAX_AGE
from handoff.wiring import Wiring
from tests.support.cookies import signed
from tests.support.environment import ISSUER
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff
from tests.support.painter import Painter
from tests.support.problems import assert_problem

ANN = {"issuer": ISSUER, "subject": "ann", "email": "ann@corp.com", "nonce": "n"}
IMAGES = {"sizes": list(Painter.sizes), "qualities": list(Painter.qualities), "max_count": 4}
SIGN_IN = {
    "issuer": ISSUER,
    "client_id": "handoff-page",
    "authorization_endpoint": f"{ISSUER}/oauth2/authorize",
    "token_endpoint": f"{ISSUER}/oauth2/token",
    "scope": "openid email",
    "domains": ["corp.com", "corp.example"],
}
FOR_EXPORTS = [("GET", "/api/exports"), ("POST", "/api/exports")]


def said(handoff: Handoff, cookie: object, **settings: str) -> dict[str, Any]:
    status = handoff.load("status", **settings) if settings else handoff.status
    answer = invoke(status, event("GET", "/api/session", cookies=[f"handoff-session={cookie}"]))
    assert answer.status == 200
    found: dict[str, Any] = answer.json
    return found


def test_an_anonymous_visitor_learns_where_to_sign_in(handoff: Handoff) -> None:
    told = handoff.person().status("/api/session").json
    nonce = told["sign_in"].pop("nonce")
    assert len(nonce) == 43
    assert told == {
        "signed_in": False, "owner": "anonymous", "email": None, "sign_in": SIGN_IN, "images": IMAGES, "calls": True,
    }  # fmt: skip


def test_a_nonce_is_the_sessions_own_and_does_not_tell_its_owner(handoff: Handoff) -> None:
    one, other = (handoff.person() for _ in range(2))
    first, again, another = (each.status("/api/session").json["sign_in"]["nonce"] for each in (one, one, other))
    assert first == again != another
    assert one.cookies != other.cookies


def test_a_person_learns_who_they_are_and_their_cookie_is_not_made_to_last_longer(handoff: Handoff) -> None:
    answer = handoff.signed_in("Ann@Corp.com").status("/api/session")
    assert (answer.json["signed_in"], answer.json["owner"], answer.json["email"]) == (True, "person", "Ann@Corp.com")
    assert answer.json["sign_in"] == {**SIGN_IN, "nonce": "nonce"}
    assert answer.cookies == []


def test_where_nobody_can_sign_in_there_is_no_way_to_and_no_person(handoff: Handoff) -> None:
    told = said(handoff, signed(ANN), OIDC_ISSUER="")
    assert (told["signed_in"], told["sign_in"]) == (False, None)


def test_a_persons_session_ends_long_before_an_anonymous_one() -> None:
    assert PERSON_MAX_AGE < MAX_AGE / 30


@pytest.mark.line("F1")
@pytest.mark.parametrize(
    ("settings", "is_person"),
    [
        ({}, True),
        ({"ALLOWED_EMAIL_DOMAINS": "other.example,corp.com"}, True),
        ({"ALLOWED_EMAIL_DOMAINS": "corp.example"}, False),
        ({"ALLOWED_EMAIL_DOMAINS": "com"+".example"}, False),
        ({"OIDC_ISSUER": f"{ISSUER}/"}, False),
        ({"OIDC_ISSUER": "https://other.example"}, False),
    ],
    ids=str,
)  # fmt: skip
def test_whoever_is_no_longer_let_in_is_a_person_no_more(
    settings: dict[str, str], is_person: bool, handoff: Handoff
) -> None:
    assert said(handoff, signed(ANN), LOG_LEVEL="INFO", **settings)["signed_in"] is is_person


@pytest.mark.parametrize(("hours", "is_person"), [(0, True), (11.9, True), (12.1, False), (24 * 7, False)], ids=str)
def test_a_person_signs_in_again_every_day(hours: float, is_person: bool, handoff: Handoff) -> None:
    assert said(handoff, signed(ANN, seconds_ago=hours * 3600))["signed_in"] is is_person


@pytest.mark.parametrize("missing", ANN)
def test_a_person_without_one_of_their_marks_is_none(missing: str, handoff: Handoff) -> None:
    assert said(handoff, signed(ANN))["signed_in"]
    assert not said(handoff, signed({name: value for name, value in ANN.items() if name != missing}))["signed_in"]
    assert not said(handoff, signed({**ANN, missing: 1}))["signed_in"]


def test_nobody_is_the_owner_of_somebody_else() -> None:
    people = [
        Person("https://a.example", "b#c", ""),
        Person("https://a.example", "b", ""),
        Person("https://a.example/b", "c", ""),
    ]
    assert len({person.owner for person in people}) == len(people)
    assert not any(person.owner.startswith("anonymous:") for person in people)


def test_an_anonymous_owner_cannot_be_a_persons(handoff: Handoff) -> None:
    owner = Person(ISSUER, "ann", "ann@corp.com").owner
    answer = invoke(handoff.status, event("GET", "/api/exports", cookies=[f"handoff-session={signed(owner)}"]))
    assert_problem(answer, 401, "no-session")


@pytest.mark.parametrize(("method", "path"), FOR_EXPORTS)
def test_exports_are_for_people_where_the_deployment_says_so(method: str, path: str, handoff: Handoff) -> None:
    functions = {name: handoff.load(name, EXPORTS_NEED_SIGN_IN="true") for name in ("status", "trigger")}
    function = functions["status" if method == "GET" else "trigger"]
    none = invoke(function, event(method, path, body={}))
    anonymous = invoke(function, event(method, path, body={}, cookies=handoff.person().cookies))
    person = invoke(function, event(method, path, body={}, cookies=handoff.signed_in().cookies))
    assert_problem(none, 401, "no-session")
    assert_problem(anonymous, 401, "sign-in-needed")
    assert person.status in (200, 202)


def test_what_is_for_insiders_is_for_people_where_one_can_sign_in_and_else_for_anybody(handoff: Handoff) -> None:
    def request(cookies: list[str]) -> Request:
        return Request({"type": "http", "headers": [(b"cookie", "; ".join(cookies).encode())]})

    def wiring(**settings: str) -> Wiring:
        loaded: Wiring = handoff.load("status", **settings).wiring
        return loaded

    anonymous, person = request(handoff.person().cookies), request(handoff.signed_in().cookies)
    with_sign_in, without = wiring().sessions, wiring(OIDC_ISSUER="").sessions
    assert with_sign_in.insider(person) == with_sign_in.person(person)
    assert without.insider(anonymous) == without.owner(anonymous)
    with pytest.raises(SignInNeededError):
        with_sign_in.insider(anonymous)
    for sessions in (with_sign_in, without):
        with pytest.raises(NoSessionError):
            sessions.insider(request([]))
    with pytest.raises(SignInNeededError):
        without.person(anonymous)
