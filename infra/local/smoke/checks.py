"""What nobody notices until it matters: headers, the provider that people sign in with, and that a link ends."""

import time
import uuid
from datetime import datetime

import httpx

from infra.local.smoke.client import Client, SmokeError, check
from infra.local.smoke.follow import UNFINISHED, wait_for
from infra.local.smoke.sign_in import sign_in

PAGE_HEADERS = {
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
YEAR_SECONDS = 31_536_000
LONGEST_SECONDS = 300
"""Whoever makes links that live longer looks at their end another day."""


def header_steps(client: Client) -> None:
    page = client.ask("GET", "/")
    for name, value in PAGE_HEADERS.items():
        found = page.headers.get(name, "nothing")
        check(found == value, f"GET /: {name} is {found} instead of {value}")
    check("frame-ancestors 'none'" in page.headers.get("content-security-policy", ""), "GET /: others may frame it")
    client.step("the page cannot be framed, and tells nobody where its visitors came from")
    session = client.ask("GET", "/api/session")
    check("no-store" in session.headers.get("cache-control", ""), "GET /api/session: caches may keep it")
    cookie = session.headers.get("set-cookie", "").lower()
    check(not cookie or "httponly" in cookie, "GET /api/session: scripts can read the cookie")
    check(not cookie or "samesite=lax" in cookie, "GET /api/session: the cookie has no SameSite=Lax")
    client.step("what is about one person is kept by no cache, and its cookie by no script")
    if not client.url.startswith("https:"):
        client.skip("encryption: the address is not https")
        return
    transport = page.headers.get("strict-transport-security", "")
    seconds = transport.partition("max-age=")[2].partition(";")[0]
    check(
        seconds.isdigit() and int(seconds) >= YEAR_SECONDS,
        f"GET /: Strict-Transport-Security is {transport or 'not there'}",
    )
    check(not cookie or "secure" in cookie, "GET /api/session: the cookie is sent without encryption too")
    client.step("browsers come encrypted, for a year and more")


def provider_steps(client: Client) -> None:
    """https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig"""
    about = client.json("GET", "/api/session")["sign_in"]
    if about is None:
        client.skip("signing in: nobody can here")
        return
    issuer = about["issuer"]
    where = issuer.rstrip("/") + "/.well-known/openid-configuration"
    told = _asked(where)
    check(told.get("issuer") == issuer, f"{where}: the issuer is {told.get('issuer')} instead of {issuer}")
    for name in ("authorization_endpoint", "token_endpoint"):
        check(told.get(name) == about[name], f"{where}: {name} is {told.get(name)} instead of {about[name]}")
    keys = _asked(str(told.get("jwks_uri"))).get("keys")
    check(keys, f"{told.get('jwks_uri')}: there are no keys")
    check(about["client_id"], "GET /api/session: there is no client id")
    client.step(f"people sign in at {issuer}, as it says itself, as the client {about['client_id']}")


def expiry_steps(client: Client) -> None:
    client.json("GET", "/api/session")
    asked = client.ask("POST", "/api/exports", 202, 401, json={}, headers={"Idempotency-Key": str(uuid.uuid4())})
    if asked.status_code == 401:
        if (why_not := sign_in(client)) is not None:
            client.skip(f"the end of a link: {why_not}")
            return
        asked = client.ask("POST", "/api/exports", 202, json={}, headers={"Idempotency-Key": str(uuid.uuid4())})
    href = asked.json()["href"]
    run = wait_for(client, href, lambda seen: seen["state"] not in UNFINISHED)
    check(run["state"] == "ready", f"the export ended as {run['state']}")
    link = client.json("POST", f"{href}/links", 201)
    client.ask("GET", link["url"], 200, 302)
    left = (datetime.fromisoformat(link["expires_at"]) - datetime.fromisoformat(link["server_time"])).total_seconds()
    if left > LONGEST_SECONDS:
        client.skip(f"the end of a link: it lives for {left:.0f} s")
        return
    time.sleep(max(0.0, left))
    client.ask("GET", link["url"], 410)
    client.step(f"a link ends after {left:.0f} s")


def _asked(url: str) -> dict[str, object]:
    try:
        answer = httpx.get(url, timeout=10, trust_env=False)
        found = answer.json() if answer.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise SmokeError(f"{url}: no answer that can be read ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise SmokeError(f"{url}: {answer.status_code} instead of a JSON object")
    return found
