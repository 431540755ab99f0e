"""Trigger.dev, version 4: https://trigger.dev/docs

A message is a run of the task `handoff-deliver` (infra/trigger_dev), which makes the call, signs it, repeats it and
reports it. So the queue's rules are in that task, and this is how it is asked for and how its calls are known.

Whoever may look at the project sees each run's payload, in the dashboard and by the API: the address, the headers, the
body. So a header that is to be redacted is shown like any other, and a credential goes by its name alone: the task has
it in its own environment.
"""

import base64
import json
from collections.abc import Sequence
from contextlib import contextmanager
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from handoff.errors import MessageTooLargeError, QueueUnavailableError, UnsignedDeliveryError
from handoff.jobs.queues.base import Capability, Delivery, FlowControl, Message, Queue, Report, SignedRequest
from handoff.jobs.queues.callback import counted_attempts, read_callback
from handoff.jobs.queues.signature import checked_keys, is_signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpcore

TASK = "handoff-deliver"
ISSUER = "Handoff"

# What infra/trigger_dev counts on; tests/trigger_dev holds the two to each other.
PARALLELISMS = (1, 2, 3, 5, 10, 20, 50)
"""For each there is a queue, because the number is the queue's and never a message's."""
LONGEST_TIMEOUT_SECONDS = 300
"""Node.js's fetch waits no longer for an answer to begin."""

LARGEST_REQUEST_BYTES = 3 * 1024 * 1024
"""https://trigger.dev/docs/limits#task-payloads-and-outputs; the server compares the whole request with it."""
REPORT_BYTES = 64 * 1024
"""A report repeats the message's body, and says something besides; it is a request of the same kind."""
MEMORY = "30d"
"""How long a deduplication id is known. A run that failed frees its id: https://trigger.dev/docs/idempotency"""
LONGEST_TAG = 127

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
LARGEST_ANSWER_BYTES = 65_536


class TriggerDevQueue(Queue):
    """Triggers over HTTPS, and is called back with a JWT in Handoff-Signature."""

    cannot = MappingProxyType(
        {
            Capability.RATE: "https://trigger.dev/docs/queue-concurrency",
            Capability.REDACTION: "https://trigger.dev/docs/management/runs/retrieve",
        }
    )

    def __init__(self, *, url: str = "", secret_key: str = "", signing_keys: Sequence[str] = ()) -> None:
        """Sending needs `url` and `secret_key`, an environment's (tr_…); verifying needs `signing_keys`.

        The task signs with the first of them (its HANDOFF_SIGNING_KEY); the others are accepted too.
        """
        self._url = url
        self._secret_key = secret_key
        self._signing_keys = checked_keys(signing_keys, "delivery")

    def prepare(self) -> None:
        _ = self._connections

    async def send(self, message: Message) -> str:
        """https://trigger.dev/docs/management/tasks/trigger

        Raises ValueError for what the task could not carry out, MessageTooLargeError.
        """
        body = json.dumps({"payload": _payload(message), "options": _options(message)}).encode()
        most = LARGEST_REQUEST_BYTES - (REPORT_BYTES if message.callback_url or message.failure_callback_url else 0)
        if len(body) > most:
            raise MessageTooLargeError(f"the message makes a request of {len(body)} bytes; it may have {most}")
        status, answer = await self._post(f"/api/v1/tasks/{TASK}/trigger", body)
        if status != 200:
            raise QueueUnavailableError(f"Trigger.dev did not take it: status {status}")
        return _run_id(answer)

    async def cancel(self, message_id: str) -> None:
        """https://trigger.dev/docs/management/runs/cancel; an attempt that is under way is cut off."""
        status, _ = await self._post(f"/api/v2/runs/{quote(message_id, safe='')}/cancel", b"")
        if status not in (200, 404):
            raise QueueUnavailableError(f"Trigger.dev did not cancel it: status {status}")

    def verify(self, request: SignedRequest) -> Delivery:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not is_signed(headers.get("handoff-signature", ""), self._signing_keys, request, issuer=ISSUER):
            raise UnsignedDeliveryError
        return Delivery(
            body=request.body,
            message_id=headers.get("handoff-message-id"),
            retried=counted_attempts(headers.get("handoff-retried")),
        )

    def read_report(self, delivery: Delivery) -> Report:
        """Our task reports as QStash does; a dead letter is the failed run, by its id."""
        return read_callback(delivery)

    async def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        headers = [("Authorization", f"Bearer {self._secret_key}"), ("Content-Type", "application/json")]
        timeouts = {"connect": CONNECT_SECONDS, "read": ANSWER_SECONDS, "write": ANSWER_SECONDS, "pool": ANSWER_SECONDS}
        with _translated_errors():
            async with self._connections.stream(
                "POST", self._url + path, headers=headers, content=body, extensions={"timeout": timeouts}
            ) as response:
                answer = b""
                async for part in response.aiter_stream():
                    answer += part
                    if len(answer) > LARGEST_ANSWER_BYTES:
                        raise QueueUnavailableError("Trigger.dev's answer cannot be read: it is too large")
                return response.status, answer

    @cached_property
    def _connections(self) -> "httpcore.AsyncConnectionPool":
        # Imported when the first message is sent: verifying needs none of it.
        import httpcore

        # No connection is kept: each send may run in an event loop of its own, and a kept one belongs to its loop.
        return httpcore.AsyncConnectionPool(max_keepalive_connections=0, retries=1)


@contextmanager
def _translated_errors() -> "Iterator[None]":
    import httpcore

    try:
        yield
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError, ValueError) as error:
        # Not what it says: that may quote the header with the key in it.
        raise QueueUnavailableError(f"Trigger.dev did not take it: {type(error).__name__}") from None


def _payload(message: Message) -> dict[str, Any]:
    """What infra/trigger_dev/src/payload.ts declares. The message's own word for each thing, in the task's spelling."""
    if message.method in ("GET", "HEAD") and message.body:
        raise ValueError(f"a {message.method} that Trigger.dev makes can have no body")
    timeout = message.timeout_seconds or LONGEST_TIMEOUT_SECONDS
    if timeout > LONGEST_TIMEOUT_SECONDS:
        raise ValueError(f"an attempt that Trigger.dev makes can take {LONGEST_TIMEOUT_SECONDS} s, not {timeout}")
    return {
        "url": message.url,
        "method": message.method,
        "headers": dict(message.headers),
        "body": base64.b64encode(message.body).decode(),
        "bodyEncoding": "base64",
        "retries": message.retries,
        "retryPauseSeconds": message.retry_pause_seconds,
        "timeoutSeconds": timeout,
        "credential": message.credential,
        "callbackUrl": message.callback_url,
        "failureCallbackUrl": message.failure_callback_url,
    }


def _options(message: Message) -> dict[str, Any]:
    """No `ttl`: a message that has waited long is still wanted, and a run that expires reports nothing."""
    identity = message.deduplication_id
    options: dict[str, Any] = {
        "maxAttempts": message.retries + 1,
        "delay": f"{message.delay_seconds}s" if message.delay_seconds else None,
        "idempotencyKey": identity,
        "idempotencyKeyTTL": MEMORY if identity else None,
        # By which the run is found in the dashboard.
        "tags": ["handoff", *([identity] if identity and len(identity) <= LONGEST_TAG else [])],
        **(_concurrency(message.flow_control) if message.flow_control else {}),
    }
    return {name: value for name, value in options.items() if value is not None}


def _concurrency(flow: FlowControl) -> dict[str, Any]:
    """The queue of the largest number that is not above the one asked for: https://trigger.dev/docs/queue-concurrency"""
    if flow.parallelism is None:
        return {}
    parallelism = max((number for number in PARALLELISMS if number <= flow.parallelism), default=PARALLELISMS[0])
    return {"queue": {"name": f"handoff-parallel-{parallelism}"}, "concurrencyKey": flow.key}


def _run_id(answer: bytes) -> str:
    try:
        run_id = json.loads(answer)["id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        run_id = None
    if not isinstance(run_id, str) or not run_id:
        raise QueueUnavailableError("Trigger.dev's answer cannot be read: it has no id")
    return run_id
