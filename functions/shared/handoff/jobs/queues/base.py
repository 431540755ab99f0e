"""What every queue provider does: send a message, verify a delivery, read a report about a message, cancel."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar


@dataclass(frozen=True)
class FlowControl:
    """Messages of one key share a rate and a number of calls at once. What is None is not limited.

    A queue that cannot express it delivers without it; `Queue.cannot` says so.
    """

    key: str
    rate: int | None = None
    """Calls begun in each period."""
    period_seconds: int = 1
    parallelism: int | None = None
    """Calls under way at the same time."""


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
    flow_control: FlowControl | None = None
    credential: str | None = None
    """The name of a credential that whoever makes the call adds as `Authorization: Bearer …`; never the credential."""
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
class Report:
    """What the queue tells of a message: of an attempt (a callback), or of giving up (a failure callback)."""

    source_body: bytes
    """The body of the message itself."""
    status: int | None = None
    """Of the answer to the attempt; None where nothing answered."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of that answer, names in lower case. Never those of the message: they may hold a credential."""
    body: bytes = b""
    """Of that answer."""
    is_truncated: bool = False
    """Whether the body is not all of it: the answer was larger than what a report can bring. QStash does not tell."""
    retried: int = 0
    """How many attempts came before."""
    max_retries: int = 0
    message_id: str | None = None
    dead_letter_id: str | None = None
    """Where the queue keeps a message it gave up on."""

    @property
    def is_final(self) -> bool:
        """Whether no other report of an attempt follows: the call succeeded, or its retries are used up."""
        return (self.status is not None and 200 <= self.status < 300) or self.retried >= self.max_retries


class Capability(StrEnum):
    """What not every queue can express. What one cannot, it does without and never pretends to."""

    SIGNATURE = "a call is signed over its URL, body and time"
    DEDUPLICATION = "a deduplication id is taken once"
    CANCEL = "a message can be called back"
    PARALLELISM = "messages of one key share a number of calls at once"
    RATE = "messages of one key share a rate"
    REDACTION = "the queue shows no redacted header"
    OFF_FUNCTION_TIME = "a call on our behalf takes no function time while it is under way"


class Queue(ABC):
    """A queue provider: one file beside this one."""

    cannot: ClassVar[Mapping[Capability, str]] = MappingProxyType({})
    """What the vendor cannot express, each with the address of the page that tells."""

    def prepare(self) -> None:  # noqa: B027 - most providers have nothing to load
        """Load what sending needs. Called before the clock of a message's sending starts to run."""

    @abstractmethod
    async def send(self, message: Message) -> str:
        """Hand over the message and return the queue's id for it.

        Raises QueueUnavailableError, MessageTooLargeError, and ValueError where its credential is not there.
        """

    @abstractmethod
    def verify(self, request: SignedRequest) -> Delivery:
        """Raises UnsignedDeliveryError, without saying what was wrong, unless the queue itself sent this."""

    @abstractmethod
    def read_report(self, delivery: Delivery) -> Report:
        """What a verified callback or failure callback says. Raises InvalidDeliveryError if it cannot be read."""

    @abstractmethod
    async def cancel(self, message_id: str) -> None:
        """Stop a message from being delivered (again). One that is gone already is no error.

        NotImplementedError where the vendor has no such thing; see Capability.CANCEL.
        """
