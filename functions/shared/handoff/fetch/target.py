"""Which URLs may be fetched: http or https, to a host on the allow-list, on the scheme's own port."""

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, urljoin, urlsplit

import httpcore

from handoff.fetch.outcomes import FetchError

PORTS = {"http": 80, "https": 443}
URL_LENGTH_LIMIT = 8192

# What parsers disagree about: space, control characters and the backslash, which browsers read as a slash.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
# No "@" (credentials) and no "%" (zones, escapes) in it, so that there is one way to read a host.
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:@%]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# A host ending in a number is an IPv4 address in some spelling (https://url.spec.whatwg.org/#ends-in-a-number-checker).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True, repr=False)
class Target:
    """A URL that passed the rules; its address is still to be checked."""

    scheme: str
    host: str  # ASCII, lower case, an IPv6 address without brackets
    port: int
    path: str  # with the query
    loopback: bool  # the exception for a laptop: every address must be a loopback one

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def request(self, headers: Iterable[tuple[str, str]]) -> httpcore.Request:
        url = httpcore.URL(
            scheme=self.scheme.encode(), host=self.host.encode(), port=self.port, target=self.path.encode()
        )
        return httpcore.Request("GET", url, headers=[("Host", self.authority), *headers])


class TargetRules:
    """The allow-list, and the one loopback host and port that a laptop may add.

    Raises ValueError, without quoting it, for a host that is ill-formed or an exception that is not a loopback.
    """

    def __init__(self, allowed_hosts: Iterable[str], loopback_exception: str | None = None) -> None:
        try:
            self._hosts = frozenset(map(_normal, allowed_hosts))
        except ValueError:
            raise ValueError("an allowed host is not an exact host name or address") from None
        self._exception = None if loopback_exception is None else _loopback(loopback_exception)

    def admit(self, url: str) -> Target:
        """Return the target of a URL, or raise FetchError source_refused."""
        try:
            return self._target(url)
        except ValueError:
            raise FetchError("source_refused") from None

    def follow(self, target: Target, location: str) -> Target:
        """Return the target of a redirect, held to the same rules and never from https to http."""
        try:
            url = urljoin(f"{target.scheme}://{target.authority}{target.path}", location)
        except ValueError:
            raise FetchError("source_redirects") from None
        following = self.admit(url)
        if target.scheme == "https" and following.scheme != "https":
            raise FetchError("source_redirects")
        return following

    def _target(self, url: str) -> Target:
        if len(url) > URL_LENGTH_LIMIT or _AMBIGUOUS.search(url):
            raise ValueError
        parts = urlsplit(url)
        authority = _AUTHORITY.fullmatch(parts.netloc)
        if parts.scheme not in PORTS or authority is None:
            raise ValueError
        host = _normal(authority["host"])
        port = int(authority["port"] or PORTS[parts.scheme])
        loopback = (host, port) == self._exception
        if host not in self._hosts or not (loopback or port == PORTS[parts.scheme]):
            raise ValueError
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(parts.scheme, host, port, quote(path, safe=string.punctuation), loopback)


def _normal(host: str) -> str:
    """Return the one spelling of a host; ValueError for every other spelling of an address and for a trailing dot."""
    if not host.isascii():
        import idna  # its tables take a while to load, and hardly any host needs them

        host = idna.encode(host, uts46=True, std3_rules=True).decode()
    host = host.lower()
    labels = host.split(".")
    if ":" in host:
        return str(IPv6Address(host.removeprefix("[").removesuffix("]")))
    elif _NUMBER.fullmatch(labels[-1]):
        return str(IPv4Address(host))  # dotted decimal alone: no hex, no octal, no short form
    elif len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels):
        return host
    else:
        raise ValueError


def _loopback(exception: str) -> tuple[str, int]:
    authority = _AUTHORITY.fullmatch(exception)
    try:
        host = _normal(authority["host"]) if authority else ""
        port = int(authority["port"] or 0) if authority else 0
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not (loopback and port):
        raise ValueError("the loopback exception is not a loopback address and a port")
    return host, port
