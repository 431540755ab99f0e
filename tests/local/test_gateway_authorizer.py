"""A route's JWT authorizer refuses, as API Gateway's does, before any function is asked.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.gateway.authorizer import JwtAuthorizer
from tests.local.gateways import running_gateway
from tests.support.issuer import CLIENT_ID, Issuer, ec_key, encoded, jwk, rsa_key, running_issuer
from tests.support.stack import wait_for

ROUTE = "/api/guarded"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        made.key_set["keys"].append(jwk("curve", ec_key("curve"), alg="ES256"))
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def gateway(issuer: Issuer, folder: Path) -> Iterator[httpx.Client]:
    with running_gateway(folder, authorizer=JwtAuthorizer(issuer.url, CLIENT_ID, f"{issuer.url}/jwks")) as client:
        yield client


def ask(gateway: httpx.Client, token: str | None, scheme: str = "Bearer ") -> httpx.Response:
    return gateway.post(ROUTE, headers={} if token is None else {"Authorization": scheme + token})


def claims_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["event"]["requestContext"]["authorizer"]["jwt"]
    return found


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", ""])
def test_a_token_of_the_issuers_for_us_is_let_through_with_what_it_says(
    scheme: str, gateway: httpx.Client, issuer: Issuer
) -> None:
    token = issuer.token("n", groups=["a", "b"])
    found = claims_of(ask(gateway, token, scheme))
    assert found["scopes"] is None
    assert found["claims"]["sub"] == "ann"
    texts = {name: found["claims"][name] for name in ("email_verified", "groups", "nonce")}
    assert texts == {"email_verified": "true", "groups": "[a b]", "nonce": "n"}
    assert found["claims"]["exp"].isdigit()


@pytest.mark.parametrize("changes", [{"aud": [CLIENT_ID, "another"]}, {"aud": None, "client_id": CLIENT_ID}])
def test_it_may_be_for_several_and_an_access_token_names_its_client(
    changes: dict[str, Any], gateway: httpx.Client, issuer: Issuer
) -> None:
    assert claims_of(ask(gateway, issuer.token("n", **changes)))["claims"]["sub"] == "ann"


NOW = int(time.time())
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "it has expired": ({"exp": NOW - 1}, "the token has expired"),
    "it never ends": ({"exp": None}, "the token is not valid"),
    "it is not valid yet": ({"nbf": NOW + 3600}, "the token is not valid"),
    "it is of the future": ({"iat": NOW + 3600}, "the token is not valid"),
    "it is for another audience": ({"aud": "another"}, "the token does not have a valid audience"),
    "its audience counts, not its client": (
        {"aud": "another", "client_id": CLIENT_ID}, "the token does not have a valid audience",
    ),
    "it is for nobody": ({"aud": None}, "the token does not have a valid audience"),
    "another issuer made it": ({"iss": "https://evil.example"}, "the token does not have a valid issuer"),
    "nobody made it": ({"iss": None}, "the token is not valid"),
    "another key signed it": ({"key": rsa_key("another")}, "the token is not valid"),
    "it names a key that is not there": ({"header": {"kid": "another"}}, "the token is not valid"),
    "it names no key": ({"header": {"kid": ""}}, "signing method is invalid"),
    "it is signed on a curve": (
        {"key": ec_key("curve"), "algorithm": "ES256", "header": {"kid": "curve"}}, "signing method is invalid",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_any_other_is_refused_before_the_function(
    name: str, gateway: httpx.Client, issuer: Issuer, folder: Path
) -> None:
    changes, description = REFUSED[name]
    assert_refused(ask(gateway, issuer.token("n", **changes)), folder, description)


@pytest.mark.parametrize("token", ["junk", "a.b.c", "..", "é.e.e"])
def test_what_is_no_token_is_refused(token: str, gateway: httpx.Client, folder: Path) -> None:
    refused = gateway.post(ROUTE, headers={b"Authorization": f"Bearer {token}".encode()})
    assert_refused(refused, folder, "the token is not valid")


def test_a_token_that_nobody_signed_is_refused(gateway: httpx.Client, issuer: Issuer, folder: Path) -> None:
    for header in ({"alg": "none"}, {"alg": "none", "kid": "first"}, {"alg": "HS256", "kid": "first"}):
        token = f"{encoded(header)}.{encoded(issuer.claims('n'))}."
        assert_refused(ask(gateway, token), folder, "signing method is invalid")


def test_without_a_token_the_challenge_says_nothing_else(gateway: httpx.Client, folder: Path) -> None:
    for headers in ({}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Basic YTpi"}):
        answer = gateway.post(ROUTE, headers=headers)
        assert answer.status_code == 401, headers
    assert_refused(ask(gateway, None), folder, "")


def assert_refused(answer: httpx.Response, folder: Path, description: str) -> None:
    """By the gateway itself, whose log says which function was asked, and whether it was."""
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    said = f' scope="" error="invalid_token" error_description="{description}"' if description else ""
    assert answer.headers["www-authenticate"] == f"Bearer{said}"
    line = wait_for(lambda: logged(folder, answer.headers["apigw-requestid"]))
    assert (line["route"], line["status"], "cold_start" in line) == (f"POST {ROUTE}", 401, False)


def logged(folder: Path, request_id: str) -> dict[str, Any] | None:
    lines = [json.loads(line) for line in (folder / "gateway.jsonl").read_text().splitlines()]
    return next((line for line in lines if line.get("apigw_request_id") == request_id), None)


def test_an_issuer_that_is_away_lets_nobody_in(issuer: Issuer, tmp_path: Path) -> None:
    nobody = JwtAuthorizer(issuer.url, CLIENT_ID, "http://127.0.0.1:1/jwks")
    with running_gateway(tmp_path, authorizer=nobody) as gateway:
        assert_refused(ask(gateway, issuer.token("n")), tmp_path, "OIDC discovery endpoint communication error")


def test_where_nobody_can_sign_in_the_function_answers(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as gateway:
        answer = ask(gateway, None)
    assert (answer.status_code, "authorizer" in answer.json()["event"]["requestContext"]) == (200, False)
