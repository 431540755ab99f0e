"""What a job type is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

Message = TypeVar("Message")


@dataclass(frozen=True)
class Attempt:
    """One delivery of a message, as its job sees it."""

    request_id: str
    is_last: bool
    """The queue will not deliver this message again if this attempt fails."""
    pause_seconds: int
    """If it does, this is how long it waits first."""


class Job(ABC, Generic[Message]):
    """A job type: one class in one file, typed by the message that its deliveries carry.

    A job whose message names a run is a jobs.run_job.RunJob. Handoff's own job types stand in jobs/registry.py.
    """

    name: ClassVar[str]
    """What its messages are sent to: POST /api/jobs/{name}."""

    @abstractmethod
    def read(self, body: bytes) -> Message:
        """The message in a delivery's body. Raises InvalidDeliveryError, saying what was expected."""

    @abstractmethod
    def run(self, message: Message, attempt: Attempt) -> None:
        """Do the work. Returning means that it is done, now or by an earlier delivery.

        Raises JobFailedError (a named outcome), JobLeasedError (another worker is at it), InvalidDeliveryError (it can
        never succeed).
        """

    @abstractmethod
    def report_given_up(self, message: Message, dead_letter_id: str | None, request_id: str) -> None:
        """The queue gave up on this message. Must be safe to repeat, and to arrive late."""
