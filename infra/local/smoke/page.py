"""The page itself, and whether anybody is at home."""

from infra.local.smoke.client import Client, check

POLICY_NEVER = ("unsafe-inline", "unsafe-eval")


def page_steps(client: Client) -> None:
    page = client.ask("GET", "/")
    check("text/html" in page.headers.get("content-type", ""), "GET /: it is no HTML")
    policy = page.headers.get("content-security-policy", "")
    check("default-src" in policy, "GET /: there is no Content-Security-Policy")
    check(not any(word in policy for word in POLICY_NEVER), f"GET /: the policy allows what is unsafe: {policy}")
    check(page.headers.get("x-content-type-options") == "nosniff", "GET /: X-Content-Type-Options is not nosniff")
    client.step("the page is served with its policy")
    health = client.json("GET", "/api/health")
    check(health.get("database") == "ok", "GET /api/health: the database does not answer")
    client.step("the API and its database answer")
    nothing = client.ask("GET", "/api/nothing", 404)
    kind = nothing.headers.get("content-type", "")
    check(kind.startswith("application/problem+json"), f"an unknown path is answered with {kind or 'nothing'}")
    client.step("what is not there is said in our own words")
