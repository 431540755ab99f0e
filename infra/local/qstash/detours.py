"""Detours: a destination's host and port stand for another address when a connection is made to them.

With `api.example.com:443=http://127.0.0.1:9999`, a message to https://api.example.com/v1/x goes to that address. The
API, the log, callbacks, the signature's `sub` and the Host header keep the original URL. What was https is spoken as
plain http where the address says http: the server there need have no certificate. Where it says https, its certificate
must be one for the original host. Ours: QStash in the cloud has no such thing.
"""

from collections.abc import Mapping

import httpx

Detours = Mapping[tuple[str, int], httpx.URL]
"""Host, lower case, and port of a destination, to the scheme, host and port to connect to."""

_PORTS = {"http": 80, "https": 443}


def parse(text: str) -> tuple[tuple[str, int], httpx.URL]:
    """From "HOST:PORT=URL", port 443 where there is none; ValueError says what is wrong."""
    authority, _, address = text.partition("=")
    try:
        place, target = httpx.URL(f"https://{authority}"), httpx.URL(address)
    except httpx.InvalidURL as exc:
        raise ValueError(f"{text!r} is not HOST:PORT=URL: {exc}") from None
    if not place.host or place != httpx.URL(scheme="https", host=place.host, port=place.port):
        raise ValueError(f"{authority!r} is not HOST:PORT")
    if target.scheme not in _PORTS or not target.host or target.raw_path != b"/" or target.userinfo:
        raise ValueError(f"{address!r} is not http://HOST:PORT, nor https")
    return (place.host, place.port or _PORTS["https"]), target


class WithDetours(httpx.AsyncBaseTransport):
    """Connects as `inner` does, to where the detours lead."""

    def __init__(self, inner: httpx.AsyncBaseTransport, detours: Detours) -> None:
        self._inner, self._detours = inner, detours

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The headers, Host among them, are those of the original URL: they were made with it."""
        url = request.url
        target = self._detours.get((url.host, url.port or _PORTS[url.scheme]))
        if target is not None:
            request.url = url.copy_with(scheme=target.scheme, host=target.host, port=target.port)
            request.extensions = {**request.extensions, "sni_hostname": url.host}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
