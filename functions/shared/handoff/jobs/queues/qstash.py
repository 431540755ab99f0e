"""Upstash QStash: https://upstash.com/docs/qstash

Publishing is the official SDK's. Verification is our own, on PyJWT: the SDK's Receiver (3.4) ignores its clock
tolerance, fails on raw bytes and, with an empty key and PyJWT before 2.13, accepts forgeries.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from handoff.errors import InvalidDeliveryError, QueueUnavailableError, UnsignedDeliveryError
from handoff.jobs.queues.base import Delivery, FlowControl, Message, Queue, Report, SignedRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qstash import AsyncQStash

SKEW_SECONDS = 60
"""How far the queue's clock and ours may differ."""

SHORTEST_KEY = 32

STATUS = re.compile(r"status: \d{3}")
"""How the SDK (3.4) tells of an answer that is not 2xx; what follows is the answer's body."""


class QStashQueue(Queue):
    """Publishes over HTTPS, and is called back with a JWT in Upstash-Signature."""

    def __init__(
        self,
        *,
        url: str = "",
        token: str = "",
        signing_keys: Sequence[str] = (),
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        """Publishing needs `url` and `token`; verifying needs `signing_keys`, the current and the next one.

        `credentials`, by the names that messages use: QStash makes calls itself, so it is handed the one it needs,
        redacted, with the message.
        """
        if any(len(key) < SHORTEST_KEY for key in signing_keys):
            raise ValueError(f"a QStash signing key must have at least {SHORTEST_KEY} characters")
        self._url = url
        self._token = token
        self._credentials = dict(credentials or {})
        self._signing_keys = tuple(signing_keys)

    def prepare(self) -> None:
        _ = self._client

    async def send(self, message: Message) -> str:
        """https://upstash.com/docs/qstash/api-reference/messages/publish-a-message"""
        arguments = self._publish_arguments(message)
        with _translated_errors():
            answer = await self._client.message.publish(**arguments)
            return str(answer.message_id)  # type: ignore[union-attr]

    async def cancel(self, message_id: str) -> None:
        """https://upstash.com/docs/qstash/api-reference/messages/cancel-a-message"""
        from qstash.errors import QStashError

        try:
            with _translated_errors():
                await self._client.message.cancel(message_id)
        except QueueUnavailableError as error:
            if not (isinstance(error.__cause__, QStashError) and "status: 404" in str(error.__cause__)):
                raise

    def verify(self, request: SignedRequest) -> Delivery:
        """https://upstash.com/docs/qstash/howto/signature"""
        headers = {name.lower(): value for name, value in request.headers.items()}
        signature = headers.get("upstash-signature", "")
        if not any(_is_signed(signature, key, request) for key in self._signing_keys):
            raise UnsignedDeliveryError
        retried = headers.get("upstash-retried", "0")
        return Delivery(
            body=request.body,
            message_id=headers.get("upstash-message-id"),
            # This header is not covered by the signature.
            retried=int(retried) if re.fullmatch(r"[0-9]{1,4}", retried) else 0,
        )

    def read_report(self, delivery: Delivery) -> Report:
        """https://upstash.com/docs/qstash/features/callbacks#what-is-a-callback

        Its sourceHeader is left where it is: it may bring a credential back.
        """
        try:
            report = json.loads(delivery.body)
            return Report(
                source_body=base64.b64decode(report["sourceBody"], validate=True),
                status=_status(report.get("status")),
                headers=_first_values(report.get("header")),
                body=_decoded(report.get("body")),
                retried=_counted(report.get("retried")),
                max_retries=_counted(report.get("maxRetries")),
                message_id=_printable(report.get("sourceMessageId")),
                dead_letter_id=_printable(report.get("dlqId")),
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise InvalidDeliveryError("the report has no readable sourceBody") from None

    def _publish_arguments(self, message: Message) -> dict[str, Any]:
        if message.credential is None:
            return _arguments(message, {})
        if message.credential not in self._credentials:
            raise ValueError(f"there is no credential {message.credential!r} for this call")
        return _arguments(message, {"Authorization": f"Bearer {self._credentials[message.credential]}"})

    @cached_property
    def _client(self) -> "AsyncQStash":
        # Imported when the first message is sent: it costs more than the rest of a cold start together.
        from qstash import AsyncQStash

        return AsyncQStash(self._token, base_url=self._url, retry={"retries": 1, "backoff": lambda _: 50})


@contextmanager
def _translated_errors() -> "Iterator[None]":
    import httpx
    from qstash.errors import QStashError

    try:
        yield
    except QStashError as error:
        status = STATUS.search(str(error))
        reason = status[0] if status else type(error).__name__
        raise QueueUnavailableError(f"QStash did not take it: {reason}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Not what it says: that may quote the header with the token in it.
        raise QueueUnavailableError(f"QStash did not take it: {type(error).__name__}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # The SDK (3.4) takes any 2xx for an answer of the publish API and reads it as such.
        raise QueueUnavailableError(f"QStash's answer cannot be read: {type(error).__name__}") from error


def _arguments(message: Message, authorization: Mapping[str, str]) -> dict[str, Any]:
    redacted = [*message.redact, *authorization]
    arguments: dict[str, Any] = {
        "url": message.url,
        "method": message.method,
        "body": message.body,
        "headers": {**message.headers, **authorization},
        "retries": message.retries,
        "retry_delay": f"{message.retry_pause_seconds * 1000} * pow(2, retried)",  # ms
        "delay": message.delay_seconds or None,
        "deduplication_id": message.deduplication_id,
        "timeout": message.timeout_seconds,
        "callback": message.callback_url,
        "failure_callback": message.failure_callback_url,
        "flow_control": _flow_control(message.flow_control) if message.flow_control else None,
        "redact": {"header": redacted} if redacted else None,
    }
    return {name: value for name, value in arguments.items() if value is not None}


def _flow_control(flow: FlowControl) -> dict[str, Any]:
    """https://upstash.com/docs/qstash/features/flowcontrol"""
    limits = {"rate": flow.rate, "parallelism": flow.parallelism, "period": flow.period_seconds if flow.rate else None}
    return {"key": flow.key, **{name: value for name, value in limits.items() if value is not None}}


def _is_signed(signature: str, key: str, request: SignedRequest) -> bool:
    import jwt

    try:
        claims = jwt.decode(
            signature,
            key,
            algorithms=["HS256"],
            issuer="Upstash",
            leeway=SKEW_SECONDS,
            options={"require": ["iss", "sub", "exp", "nbf", "body"], "verify_aud": False},
        )
        return _same(claims["sub"], request.url) and _same(_body_hash(claims["body"]), _hash_of(request.body))
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        return False


# Of a report only its sourceBody must be readable: whatever else the vendor says of it, the report counts.


def _status(value: object) -> int | None:
    return value if type(value) is int and 100 <= value <= 599 else None


def _counted(value: object) -> int:
    return value if type(value) is int and 0 <= value <= 9999 else 0


def _printable(value: object) -> str | None:
    return re.sub(r"[^\x20-\x7e]", "", str(value))[:200] if value else None


def _decoded(value: object) -> bytes:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError:
        return b""


def _first_values(value: object) -> dict[str, str]:
    """Headers as QStash writes them, a list of values to a name."""
    if not isinstance(value, dict):
        return {}
    lists = {name: them for name, them in value.items() if isinstance(them, list) and them}
    return {name.lower(): str(them[0]) for name, them in lists.items()}


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _body_hash(claim: object) -> str:
    if not isinstance(claim, str):
        raise TypeError
    return claim.rstrip("=")


def _hash_of(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")
