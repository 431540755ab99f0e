"""An OpenID provider of this machine's, where people sign in by choosing who they are: nobody has a password.

`python -m infra.local.identity --port 9400 --page http://localhost:8000` serves oidc-provider-mock, and asks of the
page what Amazon Cognito asks of it too: see provider.py.
"""

CLIENT_ID = "handoff-page"
RETURN = "/signed-in.html"
"""Where the page has people sent back to."""

DOMAIN = "corp.example"
PEOPLE: tuple[dict[str, object], ...] = (
    {"sub": "ann@corp.example", "email": "ann@corp.example", "email_verified": True},
    {"sub": "bob@corp.example", "email": "bob@corp.example", "email_verified": True},
    {"sub": "new@corp.example, not verified yet", "email": "new@corp.example", "email_verified": False},
    {"sub": "eve@elsewhere.example", "email": "eve@elsewhere.example", "email_verified": True},
)
"""A button each. Any other name that is typed there is an address that is not verified."""

# The server takes connections from this machine alone: https://docs.authlib.org/en/latest/basic/intro.html
ENVIRONMENT = {"AUTHLIB_INSECURE_TRANSPORT": "1"}


def settings_of(url: str) -> dict[str, str]:
    """Those that lead the functions and the page to the provider that is served at `url`."""
    return {
        "OIDC_ISSUER": url,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_KEYS_URL": f"{url}/jwks",
        "OIDC_AUTHORIZATION_URL": f"{url}/oauth2/authorize",
        "OIDC_TOKEN_URL": f"{url}/oauth2/token",
        "ALLOWED_EMAIL_DOMAINS": DOMAIN,
    }
