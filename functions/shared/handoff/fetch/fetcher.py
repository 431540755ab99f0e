"""Fetch one file from a URL under guard: rules, addresses, time and size, at each hop."""

import logging
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpcore

from handoff.fetch.addresses import Resolver, checked_addresses, system_resolve
from handoff.fetch.connection import Deadline, PinnedNetwork
from handoff.fetch.outcomes import FetchError, translated
from handoff.fetch.target import Target, TargetRules

REDIRECT_LIMIT = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Without Accept-Encoding any encoding would be welcome (RFC 9110 section 12.5.3): it is said that none is.
_HEADERS = (("User-Agent", "Handoff"), ("Accept", "*/*"), ("Accept-Encoding", "identity"), ("Connection", "close"))

# At DEBUG httpcore logs hosts, headers and addresses of what it fetches; the source must not reach a log.
logging.getLogger("httpcore").setLevel(logging.WARNING)


class Source:
    """The file being fetched: iterate once for its bytes, in chunks of at most 64 KiB.

    The iteration raises FetchError: source_timeout, source_too_large, source_truncated. A body whose length the source
    does not declare at all ends where the connection does, so its truncation cannot be seen here.
    """

    content_type: str | None  # as the source says it
    content_length: int | None  # bytes, where the source declares them

    def __init__(self, response: httpcore.Response, max_bytes: int) -> None:
        # A chunked body has no declared length, whatever else the source says (RFC 9112 section 6.3).
        chunked = _header(response, b"transfer-encoding") is not None
        length = None if chunked else _header(response, b"content-length")
        self.content_type = _header(response, b"content-type")
        self.content_length = None if length is None else int(length)
        self._response = response
        self._max_bytes = max_bytes

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        with translated(broken="source_truncated"):
            for chunk in self._response.iter_stream():
                received += len(chunk)
                if received > self._max_bytes:
                    raise FetchError("source_too_large")
                yield chunk


class SourceFetcher:
    """Fetches from the hosts it was given, and only from machines on the public internet.

    `allowed_hosts` are exact names. `loopback_exception`, an exact "host:port", lets a laptop fetch from itself.
    `time_limit_seconds` bounds a whole `open`, from the look-up of the name to the last byte. `resolve`, `network` and
    `tls` are the edge of the network. Raises ValueError for a host or an exception that is ill-formed.
    """

    def __init__(
        self,
        *,
        allowed_hosts: Iterable[str],
        loopback_exception: str | None = None,
        max_bytes: int,
        time_limit_seconds: float,
        connect_timeout_seconds: float = 3.0,
        read_timeout_seconds: float = 10.0,
        resolve: Resolver = system_resolve,
        network: httpcore.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = TargetRules(allowed_hosts, loopback_exception)
        self._max_bytes = max_bytes
        self._time_limit_seconds = time_limit_seconds
        self._connect_timeout_seconds = connect_timeout_seconds
        self._read_timeout_seconds = read_timeout_seconds
        self._resolve = resolve
        self._network = network or httpcore.SyncBackend()
        self._tls = tls

    @contextmanager
    def open(self, url: str, *, time_limit_seconds: float | None = None) -> Iterator[Source]:
        """Give the file at a URL while the context lasts; the smaller of the two time limits counts.

        Raises FetchError, here and while the file is read.
        """
        limits = (self._time_limit_seconds, time_limit_seconds)
        deadline = Deadline.after(min(limit for limit in limits if limit is not None))
        target = self._rules.admit(url)
        for _ in range(1 + REDIRECT_LIMIT):
            with self._get(target, deadline) as response:
                if response.status in _REDIRECTS:
                    target = self._rules.follow(target, _location(response))
                else:
                    yield self._source(response)
                    return
        raise FetchError("source_redirects")

    @contextmanager
    def _get(self, target: Target, deadline: Deadline) -> Iterator[httpcore.Response]:
        addresses = checked_addresses(target, self._resolve, deadline.left())
        network = PinnedNetwork(
            self._network, addresses, deadline, self._connect_timeout_seconds, self._read_timeout_seconds
        )
        request = target.request(_HEADERS)
        with httpcore.HTTPConnection(request.url.origin, ssl_context=self._tls, network_backend=network) as connection:
            with translated(broken="source_unreachable"):
                response = connection.handle_request(request)
            yield response

    def _source(self, response: httpcore.Response) -> Source:
        if response.status != 200:
            raise FetchError("source_status", status=response.status)
        # Nothing is ever decompressed, so nothing can unfold into more than was sent.
        if (_header(response, b"content-encoding") or "identity").strip().lower() != "identity":
            raise FetchError("source_encoding")
        source = Source(response, self._max_bytes)
        if source.content_length is not None and source.content_length > self._max_bytes:
            raise FetchError("source_too_large")
        return source


def _header(response: httpcore.Response, name: bytes) -> str | None:
    """Return a header's values, joined as RFC 9110 section 5.2 has it, or None."""
    values = [value for key, value in response.headers if key.lower() == name]
    return b", ".join(values).decode("latin-1") if values else None


def _location(response: httpcore.Response) -> str:
    try:
        (location,) = [value.decode() for key, value in response.headers if key.lower() == b"location"]
    except ValueError:  # none, more than one, or not UTF-8
        raise FetchError("source_redirects") from None
    return location
