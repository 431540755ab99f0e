"""Every error that crosses a package's border.

HandoffError
├── SettingError                 the environment is wrong: found at start-up, before any work
├── InvalidRequestError          what the caller sent cannot be accepted
│   ├── MalformedBodyError
│   ├── UnsupportedMediaTypeError
│   ├── BodyTooLargeError
│   ├── InvalidBodyError         (UnknownDocumentError)
│   ├── InvalidHeaderError
│   └── InvalidQueryError
├── NoSessionError
├── SignInNeededError            there is a session, but nobody has signed in
├── InvalidTokenError            an ID token that does not hold, for whatever reason
├── WrongDomainError
├── UnverifiedEmailError
├── IssuerUnavailableError       the keys of whoever signs ID tokens cannot be had
├── CrossSiteError               a browser says that another site's page sent this
├── DirectRequestError           it did not come through CloudFront
├── NotFoundError                also for what belongs to somebody else
├── NoImagesError                this deployment makes none
├── StateForbidsError            (NotReadyError)
├── FileRemovedError
├── IdempotencyKeyReusedError
├── TooManyActiveError
├── UnsignedEventError           an event whose signature is not that of its carrier
├── UnsignedDeliveryError        a delivery whose signature does not hold, for whatever reason
├── DatabaseUnavailableError
├── ConstraintViolatedError      a write broke a rule that stands in the schema
├── QueueUnavailableError
├── MessageTooLargeError         no attempt to send it can help
├── InvalidDeliveryError         a delivery that can never succeed
├── JobLeasedError               another worker is at this job
└── JobFailedError               one attempt of a job failed, with a named outcome

Which HTTP status each becomes stands in one table: web/problems.py. Errors of the packages that other applications
use on their own (handoff.fetch, handoff.storage) are declared there.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class HandoffError(Exception):
    """Something in Handoff went wrong."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class SettingError(HandoffError):
    """A setting is missing or wrong."""


@dataclass(frozen=True)
class FieldProblem:
    """One thing that is wrong with one field: which (`parameters.count`), and what is allowed instead."""

    field: str
    message: str


class InvalidRequestError(HandoffError):
    """The request cannot be accepted."""

    def __init__(self, message: str = "", fields: Sequence[FieldProblem] = ()) -> None:
        super().__init__(message)
        self.fields = tuple(fields)


class MalformedBodyError(InvalidRequestError):
    """The body is not valid JSON."""


class UnsupportedMediaTypeError(InvalidRequestError):
    """Send the body as Content-Type: application/json."""


class BodyTooLargeError(InvalidRequestError):
    """The body is larger than 64 KB."""


class InvalidBodyError(InvalidRequestError):
    """The body does not have the expected fields."""


class UnknownDocumentError(InvalidBodyError):
    """There is no document of that name."""


class InvalidHeaderError(InvalidRequestError):
    """A header is not valid."""


class InvalidQueryError(InvalidRequestError):
    """A query parameter is not valid."""


class NoSessionError(HandoffError):
    """There is no valid session: ask GET /api/session for one first."""


class SignInNeededError(HandoffError):
    """Sign in first: this is for people who have signed in."""


class InvalidTokenError(HandoffError):
    """That did not sign you in. Please sign in again."""


class WrongDomainError(HandoffError):
    """Sign in with an address of another domain."""


class UnverifiedEmailError(HandoffError):
    """Your e-mail address is not verified yet. Verify it where you signed in, then sign in again."""


class IssuerUnavailableError(HandoffError):
    """Signing in is not possible right now. Please try again in a moment."""


class CrossSiteError(HandoffError):
    """This was sent by a page of another site."""


class DirectRequestError(HandoffError):
    """This is not the address to ask at: ask where the page is."""


class NotFoundError(HandoffError):
    """There is nothing here by that name."""


class NoImagesError(HandoffError):
    """Images are not set up here."""


class StateForbidsError(HandoffError):
    """The run is in a state that does not allow this."""


class NotReadyError(StateForbidsError):
    """The file is not ready yet, so there is nothing to link to."""


class FileRemovedError(HandoffError):
    """The file was removed. Create it again."""


class IdempotencyKeyReusedError(HandoffError):
    """This Idempotency-Key was used with another body within the last 24 hours."""


class TooManyActiveError(HandoffError):
    """Too much of what you asked for is still unfinished. Wait for some of it to end, or cancel some."""


class UnsignedDeliveryError(HandoffError):
    """The delivery's signature is not valid."""


class UnsignedEventError(HandoffError):
    """The event's signature is not valid."""


class DatabaseUnavailableError(HandoffError):
    """The database does not answer."""


class ConstraintViolatedError(HandoffError):
    """A rule of the schema forbids this. `constraint` is its name there."""

    def __init__(self, constraint: str) -> None:
        super().__init__(f"the schema's rule {constraint} forbids this")
        self.constraint = constraint


class QueueUnavailableError(HandoffError):
    """The queue did not take the message."""


class MessageTooLargeError(HandoffError):
    """The message is larger than the queue takes."""


class InvalidDeliveryError(HandoffError):
    """The delivery can never succeed."""


class JobLeasedError(HandoffError):
    """Another worker holds this job's lease. `seconds_left` until it ends."""

    def __init__(self, seconds_left: float) -> None:
        super().__init__()
        self.seconds_left = seconds_left


class JobFailedError(HandoffError):
    """One attempt of a job failed.

    `outcome` is a stable name that people's words are looked up by (exports/outcomes.py, generations/outcomes.py);
    `retryable` says whether another attempt can help.
    """

    def __init__(self, outcome: str, *, retryable: bool) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.retryable = retryable
