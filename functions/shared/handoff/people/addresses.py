"""E-mail addresses, and whether one is of a domain that may sign in. functions/sign_up asks the same."""

import re
from collections.abc import Collection

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})+")
# What browsers take for an address: https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
# No quotes, no comma, one @, and ASCII alone: a look-alike letter is not that letter, and lower-casing is unambiguous.
ADDRESS = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@({DOMAIN.pattern})")
LONGEST = 254
"""https://www.rfc-editor.org/errata/eid1690"""


def domain_of(address: str) -> str | None:
    """The domain in lower case; None of what is no address."""
    match = ADDRESS.fullmatch(address) if len(address) <= LONGEST else None
    return match[1].lower() if match else None


def is_allowed(address: str, domains: Collection[str]) -> bool:
    """Whether its domain is exactly one of these, which are in lower case: a sub-domain is another domain."""
    return domain_of(address) in domains


def which_are_allowed(domains: Collection[str]) -> str:
    """For whoever has another address: "a @corp.com or @corp.example address"."""
    return "a " + " or ".join(f"@{domain}" for domain in domains) + " address"
