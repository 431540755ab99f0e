"""The body of a run's message: {"id": "<uuid>", "try": 1}."""

import json
from uuid import UUID

from handoff.errors import InvalidDeliveryError
from handoff.jobs.base import RunMessage

LARGEST_TRY = 2**31 - 1
"""What Postgres' integer holds."""


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
