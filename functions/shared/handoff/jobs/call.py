"""The HTTP call that a message asks for, made by us where the queue makes none."""

from collections.abc import Iterable
from typing import Any

import httpcore

from handoff.fetch.connection import BoundedStream, Deadline
from handoff.jobs.answers import Answer
from handoff.jobs.queues.base import Message

CONNECT_SECONDS = 3.0
DEFAULT_HEADERS = {"user-agent": "Handoff", "accept": "*/*", "accept-encoding": "identity"}
LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
# The connection's own business, not the message's.
NOT_FORWARDED = {
    "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive", "expect",
}  # fmt: skip


def make_call(message: Message, credential: str | None, seconds: float) -> Answer:
    """One attempt, redirects not followed; over after so many seconds, however slowly the answer comes.

    The credential is added here, to the request alone. The URL is the application's own word, never a visitor's, so it
    may lead anywhere that this function can reach: what fetches a URL somebody gave is handoff.fetch.
    """
    own = {name.lower(): value for name, value in message.headers.items() if name.lower() not in NOT_FORWARDED}
    headers = DEFAULT_HEADERS | own
    if credential is not None:
        headers["authorization"] = f"Bearer {credential}"
    try:
        with (
            httpcore.ConnectionPool(network_backend=_Bounded(Deadline.after(seconds))) as pool,
            pool.stream(message.method, message.url, headers=list(headers.items()), content=message.body) as response,
        ):
            body = bytearray()
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > LARGEST_ANSWER_BYTES:
                    return Answer(None)
            return Answer(response.status, _readable(response.headers), bytes(body))
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
        return Answer(None)
    except (ValueError, TypeError, OSError):  # a URL or a header that cannot be sent, or no TLS to be had
        return Answer(None)


class _Bounded(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        seconds = self._deadline.left(CONNECT_SECONDS)
        if seconds <= 0:
            raise httpcore.ConnectTimeout
        stream = self._network.connect_tcp(host, port, timeout=seconds, socket_options=socket_options)
        return BoundedStream(stream, self._deadline, CONNECT_SECONDS, self._deadline.left())


def _readable(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The first value of each."""
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return found
