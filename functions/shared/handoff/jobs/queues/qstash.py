"""Upstash QStash: https://upstash.com/docs/qstash

Publishing is the official SDK's. Verification is our own (signature.py), on PyJWT: the SDK's Receiver (3.4) ignores its
clock tolerance, fails on raw bytes and, with an empty key and PyJWT before 2.13, accepts forgeries.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from handoff.errors import MessageTooLargeError, QueueUnavailableError, UnsignedDeliveryError
from handoff.jobs.queues.base import Delivery, FlowControl, Message, Queue, Report, SignedRequest
from handoff.jobs.queues.callback import counted_attempts, read_callback
from handoff.jobs.queues.signature import checked_keys, is_signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qstash import AsyncQStash

STATUS = re.compile(r"status: \d{3}")
"""How the SDK (3.4) tells of an answer that is not 2xx; what follows is the answer's body."""

TOO_LARGE = "status: 413"
GONE = "status: 404"
"""The limit is the plan's: https://upstash.com/pricing/qstash"""


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
        self._url = url
        self._token = token
        self._credentials = dict(credentials or {})
        self._signing_keys = checked_keys(signing_keys, "QStash")

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
            status = STATUS.search(str(error.__cause__)) if isinstance(error.__cause__, QStashError) else None
            if status is None or status[0] != GONE:
                raise

    def verify(self, request: SignedRequest) -> Delivery:
        """https://upstash.com/docs/qstash/howto/signature"""
        headers = {name.lower(): value for name, value in request.headers.items()}
        signature = headers.get("upstash-signature", "")
        if not is_signed(signature, self._signing_keys, request, issuer="Upstash"):
            raise UnsignedDeliveryError
        return Delivery(
            body=request.body,
            message_id=headers.get("upstash-message-id"),
            retried=counted_attempts(headers.get("upstash-retried")),
        )

    def read_report(self, delivery: Delivery) -> Report:
        """https://upstash.com/docs/qstash/features/callbacks#what-is-a-callback"""
        return read_callback(delivery)

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
        if status and status[0] == TOO_LARGE:
            raise MessageTooLargeError from error
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
