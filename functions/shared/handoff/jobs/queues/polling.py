"""What a queue does whose messages are fetched: it says what they are, and is told how they went."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handoff.errors import UnsignedDeliveryError
from handoff.jobs.queues.base import Delivery, Message, Queue, Report, SignedRequest

Record = Mapping[str, Any]
"""A message as the queue hands it out, in the vendor's own form."""


@dataclass(frozen=True)
class Received:
    """One attempt of a message."""

    message: Message
    message_id: str
    retried: int
    """How many attempts came before."""
    record: Record


class PolledQueue(Queue):
    """A queue that calls nobody. jobs.consume makes the calls, and asks this for the rest."""

    def verify(self, request: SignedRequest) -> Delivery:
        """Such a queue sends no requests: whatever claims to come from it does not."""
        raise UnsignedDeliveryError

    @abstractmethod
    def send_now(self, message: Message) -> str:
        """As `send`, without an event loop."""

    @abstractmethod
    def write_report(self, report: Report) -> bytes:
        """The body of a delivery that `read_report` reads."""

    @abstractmethod
    def receive(self, record: Record) -> Received:
        """What a record says. Raises InvalidDeliveryError for what `send` has not written."""

    @abstractmethod
    def postpone(self, received: Received) -> bool:
        """Whether the message is not due yet; it is then in the queue anew, and this record is done with."""

    @abstractmethod
    def pause(self, record: Record, seconds: float) -> None:
        """Leave the record in the queue, to be handed out again so many seconds from now."""

    @abstractmethod
    def bury(self, record: Record, reason: str) -> str:
        """Put the message among the dead letters with a reason, a name; its id there. The record is then done with.

        This and the three before it raise QueueUnavailableError.
        """
