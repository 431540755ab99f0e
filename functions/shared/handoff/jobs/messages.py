"""What a queue carries for a run: ids only, never what the run is about. As a body: {"id": "<uuid>", "try": 1}."""

import json
from dataclasses import dataclass
from uuid import UUID

from handoff.errors import InvalidDeliveryError

LARGEST_TRY = 2**31 - 1
"""What Postgres' integer holds."""


@dataclass(frozen=True)
class RunMessage:
    id: UUID
    try_: int


def to_body(message: RunMessage) -> bytes:
    return json.dumps({"id": str(message.id), "try": message.try_}).encode()


def from_body(body: bytes) -> RunMessage:
    """Raises InvalidDeliveryError unless the body is exactly such a message."""
    try:
        fields = json.loads(body)
        if not isinstance(fields, dict) or set(fields) != {"id", "try"} or type(fields["try"]) is not int:
            raise ValueError
        if not 1 <= fields["try"] <= LARGEST_TRY:
            raise ValueError
        return RunMessage(UUID(fields["id"]), fields["try"])
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidDeliveryError('the body must be {"id": "<uuid>", "try": <number>}') from None
