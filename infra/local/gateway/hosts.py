"""The names a request may call the gateway by; any other one is a 421 (RFC 9110, 15.5.20).

A browser tells pages apart by the name they were asked under, not by where that name leads. So a page from elsewhere
can let its own name lead to 127.0.0.1 afterwards (DNS rebinding) and read what we answer. The Host header still tells.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from infra.local.gateway.answer import Answer
from infra.local.gateway.static import security_headers

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
OWN_PORTS = {"http": 80, "https": 443}
# It names none of the names we know: a tunnel's is not for everybody.
MISDIRECTED = Answer(
    421,
    [(b"content-type", b"text/plain; charset=utf-8"), *security_headers()],
    b"This server goes by another name: localhost and its port.\n",
)


def known_hosts(port: int, *urls: str) -> frozenset[str]:
    """Values of the Host header, in lower case: of this machine at `port`, and of what leads to us from outside."""
    return frozenset(
        host for url in (*(f"http://{name}:{port}" for name in LOOPBACK), *urls) for host in spellings(url)
    )


def spellings(url: str) -> set[str]:
    """A scheme's own port may be left out."""
    parts = urlsplit(url.lower())
    own = f":{OWN_PORTS[parts.scheme]}"
    bare = parts.netloc.removesuffix(own)
    has_another = bare.rpartition(":")[2].isdecimal()
    return {bare} if has_another else {bare, bare + own}


def is_known(headers: Iterable[tuple[bytes, bytes]], hosts: frozenset[str]) -> bool:
    """headers: as ASGI has them. Without a Host, or with two, nobody can say which was meant."""
    given = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
    return len(given) == 1 and given[0] in hosts
