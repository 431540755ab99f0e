"""What came of one attempt: an answer over HTTP, or what request_handler would have answered over HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from math import ceil
from time import time

from handoff.errors import DatabaseUnavailableError, InvalidDeliveryError, JobFailedError, JobLeasedError

NEVER_AGAIN = 489
LONGEST_PAUSE_SECONDS = 86_400
"""What an answer asks for beyond that is passed over: https://upstash.com/docs/qstash/features/retry"""


@dataclass(frozen=True)
class Answer:
    """`status` is None where nothing answered in time, or too much; `headers` have their names in lower case."""

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def forbids_another(self) -> bool:
        """As QStash reads it, and request_handler says it: https://upstash.com/docs/qstash/features/retry"""
        said = self.headers.get("upstash-nonretryable-error", "").strip().lower() == "true"
        return self.status == NEVER_AGAIN and said

    @property
    def retry_after_seconds(self) -> float | None:
        """Of Retry-After, as seconds or as a date (RFC 9110, section 10.2.3); None beyond a day."""
        seconds = _seconds(self.headers.get("retry-after", "").strip())
        return seconds if seconds is not None and seconds <= LONGEST_PAUSE_SECONDS else None


FORBIDDEN = Answer(NEVER_AGAIN, {"upstash-nonretryable-error": "true"})
"""Another attempt cannot help."""


def answer_to(error: Exception) -> Answer:
    """The status, and the Retry-After of a lease; as the table in web/problems.py has them."""
    match error:
        case JobLeasedError():
            return Answer(409, {"retry-after": str(ceil(error.seconds_left) + 1)})
        case InvalidDeliveryError():
            return FORBIDDEN
        case JobFailedError():
            return Answer(500) if error.retryable else FORBIDDEN
        case DatabaseUnavailableError():
            return Answer(503)
        case _:
            return Answer(500)


def _seconds(told: str) -> float | None:
    if told.isascii() and told.isdigit() and len(told) < 20:
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time())
    except (ValueError, TypeError, OverflowError):
        return None
