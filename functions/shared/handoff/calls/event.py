"""What a carrier told of a call, in our words. It is also the message of the job that records it, as JSON."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from handoff.errors import InvalidDeliveryError

MESSAGES = UUID("d2a3a8e2-0a0f-4a2e-8a8b-9a7d6f0c1e55")
"""The namespace (RFC 9562, section 5.5) of ids that everybody derives alike, from the carrier's own."""


class Kind(StrEnum):
    """What an event says of its call. A carrier's own words pass through a literal dict of its file."""

    STARTED = "started"
    ENDED = "ended"
    OTHER = "other"


@dataclass(frozen=True)
class CallEvent:
    """`at` is by the carrier's clock, RFC 3339; where it tells no time, it is when the event was received."""

    carrier: str
    event_id: str
    """The carrier's; where it has none, a hash of the whole."""
    kind: Kind
    name: str
    """The carrier's own word for what happened."""
    at: str
    raw: str
    """The request's body."""
    call_id: str | None = None
    """The carrier's; None where an event is of no call."""
    caller: str | None = None
    callee: str | None = None
    reason: str | None = None
    """Why the call ended, in the carrier's words."""
    round: int = 0
    """How often the queue had given up on it."""

    @property
    def message_uuid(self) -> UUID:
        """Our id of this message: the same each time that it is made of the same event, for the same round."""
        return uuid5(MESSAGES, f"{self.carrier} {self.round} {self.event_id}")

    def again(self) -> "CallEvent":
        """The message of the next round."""
        return replace(self, round=self.round + 1)


LONGEST, LONGEST_RAW, MOST_ROUNDS = 200, 65_536, 100
"""In characters; what fits into an index of Postgres."""

TEXTS = ("carrier", "event_id", "name", "at", "raw")
MAYBE_TEXTS = ("call_id", "caller", "callee", "reason")


def to_body(event: CallEvent) -> bytes:
    return json.dumps(asdict(event)).encode()


def from_body(body: bytes) -> CallEvent:
    """Raises InvalidDeliveryError unless the body is such a message: what it means was checked when it was made."""
    try:
        fields: dict[str, Any] = json.loads(body)
        json.dumps(fields, ensure_ascii=False).encode()  # halves of surrogate pairs cannot be stored
        kind = Kind(fields["kind"])
        at = datetime.fromisoformat(fields["at"])
        right = (
            all(isinstance(fields[name], str) for name in TEXTS)
            and all(fields[name] is None or isinstance(fields[name], str) for name in MAYBE_TEXTS)
            and all(1 <= len(fields[name]) <= LONGEST for name in ("carrier", "event_id", "name"))
            and all(len(fields[name] or "") <= LONGEST for name in MAYBE_TEXTS)
            and fields["call_id"] != ""
            and len(fields["raw"]) <= LONGEST_RAW
            and type(fields["round"]) is int
            and 0 <= fields["round"] <= MOST_ROUNDS
            and (kind is Kind.OTHER or fields["call_id"] is not None)
            and at.tzinfo is not None
            and not any("\0" in str(value) for value in fields.values())
        )
        if not right:
            raise ValueError
        return CallEvent(**{**fields, "kind": kind, "at": at.astimezone(UTC).isoformat()})
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise InvalidDeliveryError("the body must be an event of a call") from None
