"""What a setting's text may be: each parser returns its value, or raises ValueError with a sentence about it."""

import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

Parser = Callable[[str], Any]

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def text(value: str) -> str:
    """Anything; the white space around it, which pasting adds, is not part of it."""
    return value.strip()


def flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value == "true"


def number(least: int, most: int) -> Parser:
    def parse(value: str) -> int:
        is_digits = value.isascii() and value.isdigit() and len(value) <= len(str(most))
        if not is_digits or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return parse


def one_of(*names: str) -> Parser:
    def parse(value: str) -> str:
        if value not in names:
            raise ValueError(f"must be one of: {', '.join(names)}")
        return value

    return parse


def web_url(value: str) -> str:
    """An absolute http or https URL, without the slash at its end."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("must be an absolute http or https URL without credentials, query or fragment")
    return value.rstrip("/")


def source_url(value: str) -> str:
    """An absolute http or https URL; its query may be part of what it names."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("must be an absolute http or https URL without credentials or fragment")
    return value


def secure_url(value: str) -> str:
    """An absolute https URL; plain http is for a loopback address, where nobody listens in."""
    parts = urlsplit(value)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not is_safe or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("must be an absolute https URL without credentials or fragment (http on loopback alone)")
    return value


def issuer_url(value: str) -> str:
    """Nothing, or an issuer to the letter: it is compared with what ID tokens say, so a slash at its end counts.

    https://openid.net/specs/openid-connect-core-1_0.html#IDToken
    """
    if value and urlsplit(secure_url(value)).query:
        raise ValueError("must be an absolute https URL without a query")
    return value


def email_domains(value: str) -> tuple[str, ...]:
    """Comma-separated, in lower case; at least one."""
    from handoff.people.addresses import DOMAIN

    names = tuple(name.strip().lower() for name in value.split(",") if name.strip())
    if not names or not all(DOMAIN.fullmatch(name) for name in names):
        raise ValueError("must be exact domains such as example.com, comma-separated, without @ or wildcards")
    return names


def postgres_url(value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("must be postgresql://user:password@host/database")
    return value.replace("postgres://", "postgresql://", 1)


def no_or_a_postgres_url(value: str) -> str:
    return value and postgres_url(value)


def azure_connection_string(value: str) -> str:
    """With the key of the account: one that has a shared access signature instead could sign no URL."""
    given = value.strip()
    fields = dict(part.partition("=")[::2] for part in given.split(";"))
    if not re.fullmatch(r"[a-z0-9]{3,24}", fields.get("AccountName", "")) or not _is_key(fields.get("AccountKey", "")):
        raise ValueError("must be an Azure storage account's connection string, with AccountName and AccountKey")
    return given


def _is_key(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) >= 32
    except ValueError:
        return False


def signing_key(value: str) -> str:
    """A shorter key could be guessed, and an empty one would accept forgeries."""
    key = value.strip()
    if len(key) < 32:
        raise ValueError("must have at least 32 characters")
    return key


def optional_signing_key(value: str) -> str:
    """The same, or none."""
    return signing_key(value) if value.strip() else ""


def signing_keys(value: str) -> tuple[str, ...]:
    """Comma-separated, the current one first; the others are still accepted."""
    return tuple(signing_key(key) for key in value.split(","))


def two_signing_keys(value: str) -> tuple[str, ...]:
    """None, or one, or two while they are changed."""
    return _two(value, signing_key)


def webhook_secrets(value: str) -> tuple[str, ...]:
    """The same of Standard Webhooks: whsec_ and 24 to 64 bytes in base64.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme
    """
    return _two(value, _webhook_secret)


def _two(value: str, parse: Callable[[str], str]) -> tuple[str, ...]:
    found = tuple(parse(each) for each in value.split(",")) if value.strip() else ()
    if len(found) > 2:
        raise ValueError("must be two at most: the current one, and the one before or after it")
    return found


def _webhook_secret(value: str) -> str:
    secret = value.strip()
    try:
        length = len(b64decode(secret.removeprefix("whsec_"), validate=True))
    except ValueError:
        length = 0
    if not secret.startswith("whsec_") or not 24 <= length <= 64:
        raise ValueError("must be whsec_ and 24 to 64 bytes in base64")
    return secret


def header_token(value: str) -> str:
    """What goes into an Authorization header; the white space around it, which pasting adds, is not part of it."""
    token = value.strip()
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise ValueError("must be visible ASCII characters without white space between them")
    return token


def host_names(value: str) -> tuple[str, ...]:
    """Comma-separated."""
    from handoff.fetch.target import TargetRules  # on use: only the function that fetches has such a setting

    names = tuple(name.strip().lower() for name in value.split(",") if name.strip())
    try:
        TargetRules(names)
    except ValueError:
        raise ValueError("must be exact host names, comma-separated, without ports or wildcards") from None
    return names


def loopback_address(value: str) -> str:
    """Nothing, or one host:port of this machine."""
    from handoff.fetch.target import TargetRules

    try:
        TargetRules((), value or None)
    except ValueError:
        raise ValueError("must be host:port with a loopback address, such as 127.0.0.1:9000") from None
    return value
