"""The laptop's OpenID provider asks what a real one asks, and signs in whoever may: over HTTP, as the page does it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest

from infra.local import identity
from infra.local.identity.person import lend
from tests.support.oidc_flow import asked, code_for, exchange, id_token, session, sign_in
from tests.support.stack import LocalStack, local_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(tmp_path_factory.mktemp("stack")) as made:
        yield made


def test_somebody_of_the_domain_signs_in_and_keeps_what_they_made(stack: LocalStack) -> None:
    visitor = stack.visitor()
    export_id = visitor.request_export()
    answer = sign_in(stack, visitor, "ann@corp.example")
    assert (answer.status_code, answer.json()["email"]) == (200, "ann@corp.example"), answer.text
    assert session(visitor)["signed_in"] is True
    assert visitor.export(export_id)["id"] == export_id
    assert visitor.http.delete("/api/session").status_code == 204
    assert session(visitor)["signed_in"] is False
    assert visitor.http.get(f"/api/exports/{export_id}").status_code == 404


@pytest.mark.parametrize(
    ("who", "code"),
    [("eve@elsewhere.example", "wrong-domain"), ("new@corp.example, not verified yet", "unverified-email"),
     ("typed@corp.example", "unverified-email")],
)  # fmt: skip
def test_somebody_else_is_told_why_not(who: str, code: str, stack: LocalStack) -> None:
    answer = sign_in(stack, stack.visitor(), who)
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (403, code)


def test_a_token_says_which_key_signed_it_and_another_is_refused_by_the_gateway(stack: LocalStack) -> None:
    visitor = stack.visitor()
    token = id_token(stack, visitor)
    (key,) = httpx.get(stack.settings["OIDC_KEYS_URL"]).json()["keys"]
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT", "kid": key["kid"]}
    head, said, signature = token.split(".")
    forged = f"{head}.{said}.{signature[::-1]}"
    answer = visitor.http.post("/api/session", headers={"Authorization": f"Bearer {forged}"})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})
    assert answer.headers["www-authenticate"].startswith('Bearer scope="" error="invalid_token"')


def test_everybody_who_can_be_chosen_has_a_button(stack: LocalStack) -> None:
    visitor = stack.visitor()
    page = httpx.get(session(visitor)["sign_in"]["authorization_endpoint"], params=asked(stack, visitor))
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"], "it loads nothing from elsewhere"
    assert all(f'value="{person["sub"]}"' in page.text for person in identity.PEOPLE)


WRONG: list[dict[str, str | None]] = [
    {"client_id": "another"},
    {"redirect_uri": "http://evil.example/"},
    {"redirect_uri": None},
    {"code_challenge": None},
    {"code_challenge": "short"},
    {"code_challenge_method": "plain"},
    {"code_challenge_method": None},
    {"nonce": None},
    {"state": None},
]


@pytest.mark.parametrize("changes", WRONG, ids=str)
def test_what_a_real_provider_would_not_take_it_does_not_take(
    changes: dict[str, str | None], stack: LocalStack
) -> None:
    visitor = stack.visitor()
    endpoint = session(visitor)["sign_in"]["authorization_endpoint"]
    for method in ("GET", "POST"):
        answer = httpx.request(method, endpoint, params=asked(stack, visitor, **changes))
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request", "wrong": list(changes)})


def test_a_code_is_good_once_and_with_its_own_verifier(stack: LocalStack) -> None:
    visitor = stack.visitor()
    code = code_for(stack, visitor, "ann@corp.example")
    first = exchange(stack, visitor, code)
    assert "id_token" in first.json()
    assert exchange(stack, visitor, code).json() == {"error": "invalid_grant"}
    stolen = code_for(stack, visitor, "ann@corp.example")
    assert exchange(stack, visitor, stolen, "another").json() == {"error": "invalid_grant"}
    assert exchange(stack, visitor, stolen).json() == {"error": "invalid_grant"}, "whoever tried has used it up"


def test_only_the_pages_origin_may_read_a_token(stack: LocalStack) -> None:
    visitor = stack.visitor()
    for code in (code_for(stack, visitor, "ann@corp.example"), "junk"):
        answer = exchange(stack, visitor, code)
        assert answer.headers["access-control-allow-origin"] == stack.page
        assert answer.headers["cache-control"] == "no-store"


def test_it_is_reached_by_this_machines_names_and_paths_alone(stack: LocalStack) -> None:
    issuer = stack.settings["OIDC_ISSUER"]
    assert httpx.get(f"{issuer}/jwks").status_code == 200
    assert httpx.get(f"{issuer}/jwks", headers={"Host": "evil.example"}).status_code == 421
    for method, path in (("PUT", "/users/ann"), ("POST", "/oauth2/clients"), ("GET", "/oidc/login"), ("GET", "/")):
        assert httpx.request(method, issuer + path, json={}).status_code == 404


def test_what_discovery_says_is_what_the_settings_say(stack: LocalStack) -> None:
    found = httpx.get(f"{stack.settings['OIDC_ISSUER']}/.well-known/openid-configuration").json()
    names = {
        "issuer": "OIDC_ISSUER", "jwks_uri": "OIDC_KEYS_URL", "authorization_endpoint": "OIDC_AUTHORIZATION_URL",
        "token_endpoint": "OIDC_TOKEN_URL",
    }  # fmt: skip
    assert {name: found[name] for name in names} == {name: stack.settings[names[name]] for name in names}


def test_another_provider_takes_its_place(tmp_path: Path) -> None:
    other = identity.settings_of("https://issuer.example")
    with local_stack(tmp_path, None, **{**other, "ALLOWED_EMAIL_DOMAINS": "corp.com"}) as stack:
        about = session(stack.visitor())["sign_in"]
        assert (about["issuer"], about["domains"]) == ("https://issuer.example", ["corp.com"])
        with pytest.raises(KeyError):
            stack.service_pid("The OpenID provider")


@pytest.mark.parametrize("host", ["handoff.example", "localhost", "127.0.0.1"])
def test_a_session_that_was_lent_goes_to_its_own_host_alone(host: str) -> None:
    asked: dict[str, str] = {}

    def note(request: httpx.Request) -> httpx.Response:
        asked[request.url.host] = request.headers.get("Cookie", "")
        return httpx.Response(200)

    with httpx.Client(base_url=f"https://{host}", transport=httpx.MockTransport(note)) as http:
        lend("ann", http)
        http.get("/api/session")
        http.get("https://bucket.s3.amazonaws.com/file")
    name = "__Host-handoff-session" if "." in host and not host[0].isdigit() else "handoff-session"
    assert asked == {host: f"{name}=ann", "bucket.s3.amazonaws.com": ""}
