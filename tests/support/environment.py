"""Settings for functions under test."""

SIGNING_KEY = "sig_current_" + "c" * 32
NEXT_SIGNING_KEY = "sig_next_" + "n" * 32
CALL_SECRET = "whsec_" + "Y2FsbHMt" * 4
TWILIO_TOKEN = "7" * 32
PUBLIC_URL = "http://localhost:8000"
DELIVERY_URL = "http://127.0.0.1:8000"
ISSUER = "http://localhost:9400"
"""Nobody is there: who signs in for a test is given a cookie, or has an issuer of the test's own."""
SIGN_IN = {
    "OIDC_ISSUER": ISSUER,
    "OIDC_CLIENT_ID": "handoff-page",
    "OIDC_KEYS_URL": f"{ISSUER}/jwks",
    "OIDC_AUTHORIZATION_URL": f"{ISSUER}/oauth2/authorize",
    "OIDC_TOKEN_URL": f"{ISSUER}/oauth2/token",
    "ALLOWED_EMAIL_DOMAINS": "corp.com,corp.example",
}


def environment(
    *, database_url: str, queue_url: str, storage_folder: str, source_url: str, **more: str
) -> dict[str, str]:
    """Everything the five functions need, with real services behind it."""
    source = source_url.split("//")[1].split("/")[0]
    return {
        "DATABASE_URL": database_url,
        "PUBLIC_URL": PUBLIC_URL,
        "DELIVERY_URL": DELIVERY_URL,
        "QSTASH_URL": queue_url,
        "QSTASH_TOKEN": "token-" + "t" * 32,
        "QSTASH_CURRENT_SIGNING_KEY": SIGNING_KEY,
        "QSTASH_NEXT_SIGNING_KEY": NEXT_SIGNING_KEY,
        "STORAGE_PROVIDER": "filesystem",
        "STORAGE_FOLDER": storage_folder,
        "STORAGE_URL": f"{PUBLIC_URL}/storage",
        "STORAGE_SIGNING_KEY": "s" * 40,
        "LINK_KEYS": "l" * 40,
        "SESSION_KEYS": "k" * 40,
        **SIGN_IN,
        "IMAGE_PROVIDER": "openai",
        "OPENAI_API_KEY": "sk-" + "o" * 32,
        "SOURCE_URL": source_url,
        "SOURCE_LOOPBACK": source,
        "CALL_HISTORY": "on",
        "CALL_WEBHOOK_SECRETS": CALL_SECRET,
        "TWILIO_AUTH_TOKENS": TWILIO_TOKEN,
        "POWERTOOLS_SERVICE_NAME": "test",
        **more,
    }
