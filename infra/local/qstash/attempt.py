"""One request to a destination, and what came of it."""

import asyncio
import functools
import ssl
from dataclasses import dataclass, field

import httpx

from infra.local.qstash import limits
from infra.local.qstash.detours import Detours, WithDetours
from infra.local.qstash.headers import Headers, canonical, collect
from infra.local.qstash.message import Message
from infra.local.qstash.retry import is_final

# The connection's own business, not the publisher's; a forwarded Host would also make `sub` lie.
_NOT_FORWARDED = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive"}


@dataclass(frozen=True)
class Attempt:
    """The answer, or why there was none. `status` is 0 without an answer (the vendor documents no number for it)."""

    status: int
    headers: Headers = field(default_factory=dict)
    body: bytes = b""
    error: str | None = None

    @property
    def delivered(self) -> bool:
        """Any 2xx. https://upstash.com/docs/qstash/features/retry"""
        return 200 <= self.status <= 299

    @property
    def final(self) -> bool:
        """Whether the destination forbids a retry."""
        return is_final(self.status, self.headers)


def new_client(detours: Detours) -> httpx.AsyncClient:
    """The client for all deliveries.

    No connection is used twice: a destination that closes an idle one as we write to it would cost a spurious retry.
    Redirects are not followed: 3xx is not 2xx, so it is a failure. The time limit is each message's own, in `send`.
    """
    direct = httpx.AsyncHTTPTransport(
        verify=_tls(),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        trust_env=False,
    )
    return httpx.AsyncClient(
        transport=WithDetours(direct, detours),
        timeout=None,  # noqa: S113 # nosec B113
        trust_env=False,
        follow_redirects=False,
    )


async def send(client: httpx.AsyncClient, message: Message, signature: str) -> Attempt:
    """Deliver `message` once. Never raises for what the destination or the network does."""
    try:
        request = httpx.Request(
            message.method, message.url, headers=_delivery_headers(message, signature), content=message.body
        )
        async with asyncio.timeout(message.timeout):
            response = await client.send(request, stream=True)
            try:
                return Attempt(response.status_code, collect(response.headers.raw), await _body(response))
            finally:
                await response.aclose()
    except TimeoutError:
        return Attempt(0, error=f"no answer within {message.timeout:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
        # The words of a header that cannot be sent quote it, and it may be a credential.
        words = "" if isinstance(exc, httpx.LocalProtocolError) else f": {exc}"
        return Attempt(0, error=f"{type(exc).__name__}{words}")


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes 50 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _delivery_headers(message: Message, signature: str) -> list[tuple[bytes, bytes]]:
    """https://upstash.com/docs/qstash/howto/receiving"""
    ours = {
        "user-agent": ["Upstash-QStash"],
        "upstash-signature": [signature],
        "upstash-message-id": [message.id],
        "upstash-retried": [str(message.retried)],
        "upstash-caller-ip": [message.publication.caller_ip],
    }
    if group := message.publication.origin.url_group:
        ours["upstash-topic-name"] = [group]
    if schedule_id := message.publication.origin.schedule_id:
        ours["upstash-schedule-id"] = [schedule_id]
    forwarded = {name: values for name, values in message.header.items() if name not in _NOT_FORWARDED}
    return [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, values in canonical({"accept-encoding": ["gzip"], **forwarded, **ours}).items()
        for value in values
    ]


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= limits.MAX_BODY_BYTES:
            break
    return bytes(body[: limits.MAX_BODY_BYTES])
