"""What the page and the links' own pages may do, as Google's CSP Evaluator and a browser judge it."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser

from tests.browser.node import run_node
from tests.browser.tab import Tab
from tests.infra.cloudformation import Template, page_policy
from tests.support.stack import LocalStack, Visitor

pytestmark = pytest.mark.browser

EVALUATE = """
const { CspEvaluator } = require("csp_evaluator/dist/evaluator.js");
const { CspParser } = require("csp_evaluator/dist/parser.js");
const { Severity } = require("csp_evaluator/dist/finding.js");
const policies = JSON.parse(require("fs").readFileSync(0, "utf8"));
const found = policies.map((policy) => new CspEvaluator(new CspParser(policy).csp).evaluate());
console.log(JSON.stringify(found.map((findings) =>
  findings.map(({ severity, directive, value }) => [Severity[severity], directive, value]))));
"""

OUR_OWN_SCRIPTS = ["MEDIUM_MAYBE", "script-src", "'self'"]
"""The one finding that stays, "if you host JSONP, AngularJS or user uploaded files": the last test is why it may. What
it asks for instead, a nonce, needs a server that writes the page anew each time."""

SECURITY_HEADERS = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

PERSON = {"Accept": "text/html"}


def test_the_evaluator_knows_a_bad_policy() -> None:
    weak, none = evaluate("script-src 'unsafe-inline'; object-src 'none'", "")
    assert ["HIGH", "script-src", "'unsafe-inline'"] in weak
    assert {severity for severity, *_ in none} == {"HIGH"}


def test_the_evaluator_finds_nothing_in_the_pages_policy_but_that_scripts_come_from_its_own_origin(
    stack: LocalStack,
) -> None:
    page = httpx.get(f"{stack.page}/")
    sent = page.headers["content-security-policy"]
    written = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page.text)
    assert written
    template, provider = Template("infra/frontend.yaml"), urlsplit(stack.settings["OIDC_TOKEN_URL"])
    # But for where one signs in, which on a laptop is http, as it is told.
    assert page_policy(template, token=f"{provider.scheme}://{provider.netloc}", files="") == sent
    assert policy_of(stack, "/absent") == sent
    on_aws = page_policy(template, token="https://id.example", files="https://files.example")
    policies = {policy_of(stack, "/docs"), on_aws, written[1]}
    assert evaluate(*policies) == [[OUR_OWN_SCRIPTS]] * len(policies)


def test_the_evaluator_finds_nothing_in_the_policies_of_links(stack: LocalStack) -> None:
    visitor = stack.visitor()
    live, revoked = (ready_link(visitor) for _ in range(2))
    assert visitor.http.delete(f"/api/links/{revoked['id']}").status_code == 204
    addresses = {live["url"]: 200, revoked["url"]: 410, f"{stack.page}/download/{'A' * 66}": 404}
    answers = [httpx.get(url, headers=accept) for url in addresses for accept in (PERSON, {})]
    assert [answer.status_code for answer in answers[::2]] == list(addresses.values())
    assert answers[2].headers["content-type"].startswith("text/html")
    policies = {answer.headers["content-security-policy"] for answer in answers}
    assert evaluate(*policies) == [[]] * len(policies)


@pytest.mark.parametrize("path", ["/", "/js/app.js", "/absent", "/docs"])
def test_the_page_is_sent_with_every_header_that_narrows_what_it_may_do(stack: LocalStack, path: str) -> None:
    headers = httpx.get(stack.page + path).headers
    assert {name: headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    for directive in ("default-src", "frame-ancestors", "base-uri", "form-action"):
        assert policy[directive] == "'none'"


def test_the_browser_runs_nothing_as_a_script_but_the_pages_own_files(browser: Browser, stack: LocalStack) -> None:
    """An exported file, even one that is a script; an answer; a style sheet: none has a script's type, and nosniff."""
    context = browser.new_context()
    page = context.new_page()
    tab = Tab(page, stack)  # whose complaints are meant here
    tab.go("/")
    export = f"{stack.page}/api/exports/{tab.make_ready()}"
    link = page.request.get(export).json()["links"][0]["url"]
    stack.rows("UPDATE files SET content_type = 'text/javascript'")

    addresses = [
        link,
        export,
        f"{stack.page}/docs/openapi.yaml",
        f"{stack.page}/css/base.css",
        f"{stack.page}/js/words.js",
    ]
    scripts = "".join(f'<script src="{url}"></script>' for url in addresses)
    page.route(f"{stack.page}/", lambda route: route.fulfill(response=route.fetch(), body=f"<body>{scripts}</body>"))
    page.add_init_script(
        """window.outcomes = {};
        for (const type of ["load", "error"])
          document.addEventListener(type, ({ target }) => target.src && (outcomes[target.src] = type), true);"""
    )
    page.goto(f"{stack.page}/")
    assert page.evaluate("outcomes") == {url: "load" if url.endswith(".js") else "error" for url in addresses}
    context.close()


def evaluate(*policies: str) -> list[list[list[Any]]]:
    """For each policy its findings: severity, directive, value."""
    found: list[list[list[Any]]] = json.loads(run_node("-e", EVALUATE, text=json.dumps(policies)))
    return found


def policy_of(stack: LocalStack, path: str) -> str:
    return httpx.get(stack.page + path).headers["content-security-policy"]


def ready_link(visitor: Visitor) -> dict[str, Any]:
    """A link that works."""
    link: dict[str, Any] = visitor.wait_for_end(visitor.request_export())["links"][0]
    return link
