"""One connection, held to the checked addresses and to a deadline.

httpcore takes its network as an argument (https://www.encode.io/httpcore/network-backends/). These two wrap it: what
it is asked to connect to is the host's name, what it connects to is the address. TLS still speaks of the name.
"""

import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of a whole fetch, in seconds of the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def left(self, at_most: float = float("inf")) -> float:
        """Seconds left, never more than `at_most`; zero or less when it has passed."""
        return min(at_most, self.at - time.monotonic())


@dataclass(frozen=True, slots=True, repr=False)
class PinnedNetwork(httpcore.NetworkBackend):
    """Connects to the given addresses, in turn, whatever the name."""

    network: httpcore.NetworkBackend
    addresses: Sequence[str]
    deadline: Deadline
    connect_timeout_seconds: float
    read_timeout_seconds: float

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = httpcore.ConnectTimeout()
        for address in self.addresses:
            seconds = self.deadline.left(self.connect_timeout_seconds)
            if seconds <= 0:
                raise httpcore.ConnectTimeout
            try:
                stream = self.network.connect_tcp(address, port, timeout=seconds, socket_options=socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failure = exc
            else:
                return BoundedStream(stream, self.deadline, self.connect_timeout_seconds, self.read_timeout_seconds)
        raise failure


@dataclass(frozen=True, slots=True, repr=False)
class BoundedStream(httpcore.NetworkStream):
    """Ends at the deadline however the bytes trickle: a timeout of each read alone never ends one byte a second."""

    stream: httpcore.NetworkStream
    deadline: Deadline
    connect_timeout_seconds: float
    read_timeout_seconds: float

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        seconds = self.deadline.left(self.read_timeout_seconds)
        if seconds <= 0:
            raise httpcore.ReadTimeout
        return self.stream.read(max_bytes, timeout=seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        seconds = self.deadline.left(self.read_timeout_seconds)
        if seconds <= 0:
            raise httpcore.WriteTimeout
        self.stream.write(buffer, timeout=seconds)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self.deadline.left(self.connect_timeout_seconds)
        if seconds <= 0:
            self.stream.close()
            raise httpcore.ConnectTimeout
        secured = self.stream.start_tls(ssl_context, server_hostname=server_hostname, timeout=seconds)
        return BoundedStream(secured, self.deadline, self.connect_timeout_seconds, self.read_timeout_seconds)

    def close(self) -> None:
        self.stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)
