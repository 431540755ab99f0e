"""Somebody who signed in, and where one signs in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """`subject` is what the issuer calls them, for ever; the address can change."""

    issuer: str
    subject: str
    email: str

    @property
    def owner(self) -> str:
        """What their runs are kept under. An issuer has no fragment, so no two people have the same."""
        return f"person:{self.issuer}#{self.subject}"


@dataclass(frozen=True)
class SignIn:
    """Where one signs in: an OpenID provider, what we are called there, and whose addresses count."""

    issuer: str
    client_id: str
    authorization_url: str
    token_url: str
    domains: tuple[str, ...]
