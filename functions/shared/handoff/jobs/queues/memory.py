"""A queue inside the process, for unit tests: what was sent is in `sent`, and `sign` makes a delivery of it."""

import hashlib
import hmac
import json
from itertools import count

from handoff.errors import InvalidDeliveryError, QueueUnavailableError, UnsignedDeliveryError
from handoff.jobs.queues.base import Capability, Delivery, Message, Queue, Report, SignedRequest

SIGNATURE = "Handoff-Signature"
RETRIED = "Handoff-Retried"


class MemoryQueue(Queue):
    """Keeps its messages until told to deliver them. `available = False` makes it refuse."""

    capabilities = frozenset({Capability.DEDUPLICATION, Capability.CANCEL})

    def __init__(self, *, signing_key: str) -> None:
        self._key = signing_key.encode()
        self._ids = count(1)
        self._known: dict[str, str] = {}
        self.sent: dict[str, Message] = {}
        self.available = True

    async def send(self, message: Message) -> str:
        if not self.available:
            raise QueueUnavailableError
        if message.deduplication_id in self._known:
            return self._known[message.deduplication_id]
        message_id = f"memory-{next(self._ids)}"
        self.sent[message_id] = message
        if message.deduplication_id:
            self._known[message.deduplication_id] = message_id
        return message_id

    async def cancel(self, message_id: str) -> None:
        self.sent.pop(message_id, None)

    def sign(self, url: str, body: bytes, *, retried: int = 0) -> SignedRequest:
        """The request by which this queue delivers a body."""
        return SignedRequest(url, {SIGNATURE: self._signature(url, body), RETRIED: str(retried)}, body)

    def verify(self, request: SignedRequest) -> Delivery:
        given = request.headers.get(SIGNATURE, "")
        if not hmac.compare_digest(given.encode(), self._signature(request.url, request.body).encode()):
            raise UnsignedDeliveryError
        return Delivery(request.body, None, int(request.headers.get(RETRIED, "0")))

    def read_report(self, delivery: Delivery) -> Report:
        try:
            report = json.loads(delivery.body)
            return Report(report["body"].encode(), dead_letter_id=report.get("dead_letter_id"))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InvalidDeliveryError from None

    def _signature(self, url: str, body: bytes) -> str:
        return hmac.new(self._key, url.encode() + b"\n" + body, hashlib.sha256).hexdigest()
