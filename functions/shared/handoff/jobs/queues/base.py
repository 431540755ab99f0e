"""What every queue provider does: send a message, verify a delivery, read a report of giving up, cancel."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Message:
    """One HTTP call the queue shall make, now or later, until it succeeds or its retries are used up."""

    url: str
    body: bytes
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    try_: int = 1
    deduplication_id: str | None = None
    retries: int = 3
    """Attempts after the first."""
    retry_pause_seconds: int = 5
    """The pause after the first failed attempt; it doubles after each further one."""
    delay_seconds: int = 0
    timeout_seconds: int | None = None
    """How long one attempt may take."""
    flow_control_key: str | None = None
    callback_url: str | None = None
    """Told of each attempt's answer."""
    failure_callback_url: str | None = None
    """Told when the retries are used up."""
    redact: tuple[str, ...] = ()
    """Headers the queue must not show."""


@dataclass(frozen=True)
class SignedRequest:
    """A request that claims to be a delivery. `url` is made of the configured base and the route, never of its Host."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Delivery:
    """A request whose signature held."""

    body: bytes
    message_id: str | None
    retried: int
    """How many attempts of this message came before."""


@dataclass(frozen=True)
class GivenUp:
    """The queue's report that the retries of a message are used up."""

    body: bytes
    """The body of the message itself."""
    dead_letter_id: str | None


class Queue(ABC):
    """A queue provider: one file beside this one."""

    def prepare(self) -> None:  # noqa: B027 - most providers have nothing to load
        """Load what sending needs. Called before the clock of a message's sending starts to run."""

    @abstractmethod
    async def send(self, message: Message) -> str:
        """Hand over the message and return the queue's id for it. Raises QueueUnavailableError."""

    @abstractmethod
    def verify(self, request: SignedRequest) -> Delivery:
        """Raises UnsignedDeliveryError, without saying what was wrong, unless the queue itself sent this."""

    @abstractmethod
    def read_given_up(self, delivery: Delivery) -> GivenUp:
        """What a verified failure callback says. Raises InvalidDeliveryError if it cannot be read."""

    @abstractmethod
    async def cancel(self, message_id: str) -> None:
        """Stop a message from being delivered (again). One that is gone already is no error."""
