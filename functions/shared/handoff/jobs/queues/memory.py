"""A queue inside the process, for tests: what was sent is in `sent`, and `sign` makes a delivery of it.

It delivers nothing by itself. handoff.testing.courier makes the calls that its messages ask for.
"""

import base64
import hashlib
import time
from collections.abc import Mapping, Sequence
from itertools import count

from handoff.errors import MessageTooLargeError, QueueUnavailableError, UnsignedDeliveryError
from handoff.jobs.queues.base import Capability, Delivery, Message, Queue, Report, SignedRequest
from handoff.jobs.queues.callback import counted_attempts, read_callback
from handoff.jobs.queues.signature import checked_keys, is_signed

ISSUER = "Handoff"
LIFETIME_SECONDS = 300


class MemoryQueue(Queue):
    """Keeps its messages until told to deliver them. `available = False` makes it refuse."""

    cannot = {Capability.OFF_FUNCTION_TIME: "handoff.testing.courier"}  # noqa: RUF012

    def __init__(
        self,
        *,
        signing_keys: Sequence[str],
        credentials: Mapping[str, str] | None = None,
        largest_body_bytes: int = 1024 * 1024,
    ) -> None:
        """`signing_keys`: the current one, and the next. `credentials`, by the names that messages use."""
        self._keys = checked_keys(signing_keys, "memory queue's")
        self.credentials = dict(credentials or {})
        self._largest_body_bytes = largest_body_bytes
        self._ids = count(1)
        self._known: dict[str, str] = {}
        self.sent: dict[str, Message] = {}
        self.available = True

    async def send(self, message: Message) -> str:
        if not self.available:
            raise QueueUnavailableError
        if len(message.body) > self._largest_body_bytes:
            raise MessageTooLargeError
        if message.credential is not None and message.credential not in self.credentials:
            raise ValueError(f"there is no credential {message.credential!r} for this call")
        if message.deduplication_id in self._known:
            return self._known[message.deduplication_id]
        message_id = f"memory-{next(self._ids)}"
        self.sent[message_id] = message
        if message.deduplication_id:
            self._known[message.deduplication_id] = message_id
        return message_id

    async def cancel(self, message_id: str) -> None:
        self.sent.pop(message_id, None)

    def sign(
        self, url: str, body: bytes, *, retried: int = 0, message_id: str = "", at: float | None = None
    ) -> SignedRequest:
        """The request by which this queue delivers a body; `at`: Unix time."""
        import jwt

        now = int(time.time() if at is None else at)
        digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode()
        claims = {"iss": ISSUER, "sub": url, "exp": now + LIFETIME_SECONDS, "nbf": now, "body": digest}
        headers = {
            "Handoff-Signature": jwt.encode(claims, self._keys[0], algorithm="HS256"),
            "Handoff-Message-Id": message_id,
            "Handoff-Retried": str(retried),
        }
        return SignedRequest(url, headers, body)

    def verify(self, request: SignedRequest) -> Delivery:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not is_signed(headers.get("handoff-signature", ""), self._keys, request, issuer=ISSUER):
            raise UnsignedDeliveryError
        message_id = headers.get("handoff-message-id") or None
        return Delivery(request.body, message_id, counted_attempts(headers.get("handoff-retried")))

    def read_report(self, delivery: Delivery) -> Report:
        """In the form that handoff.jobs.queues.callback describes."""
        return read_callback(delivery)
