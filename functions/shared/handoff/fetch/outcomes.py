"""How a fetch can fail: named outcomes, kept with the run and shown to people."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore

# The statuses that say "later", beside every 5xx (RFC 9110 section 15.5.9, RFC 8470, RFC 6585).
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way to fail: `title` is what a person reads, `retryable` whether the same fetch may succeed later."""

    title: str
    retryable: bool


# The names are stable: they are stored, shown and counted.
OUTCOMES: dict[str, Outcome] = {
    "source_refused": Outcome("The source's address is not one that may be fetched.", retryable=False),
    "source_unresolvable": Outcome("The source's name could not be looked up.", retryable=True),
    "source_unreachable": Outcome("The source could not be reached.", retryable=True),
    "source_timeout": Outcome("The source did not answer in time.", retryable=True),
    "source_status": Outcome("The source answered with an error.", retryable=False),
    "source_too_large": Outcome("The source's file is larger than the limit.", retryable=False),
    "source_truncated": Outcome("The source broke off before the end of the file.", retryable=True),
    "source_encoding": Outcome("The source sent a compressed file, which is not accepted.", retryable=False),
    "source_redirects": Outcome("The source redirected too often, or to where it may not.", retryable=False),
}


class FetchError(Exception):
    """A fetch ended without the whole file.

    Neither the message nor the causes say anything of the source: no URL, host, address or header. So errors of the
    libraries below, which do, are never chained: `raise ... from None`.
    """

    outcome: str  # a key of OUTCOMES
    retryable: bool  # for source_status it depends on the status
    status: int | None  # HTTP status, for source_status alone

    def __init__(self, outcome: str, *, status: int | None = None) -> None:
        super().__init__(outcome, status)
        self.outcome = outcome
        self.status = status
        self.retryable = OUTCOMES[outcome].retryable or (status is not None and (status >= 500 or status in _LATER))

    def __str__(self) -> str:
        return OUTCOMES[self.outcome].title


@contextmanager
def translated(*, broken: str) -> Iterator[None]:
    """Turn httpcore's errors into FetchError; `broken` is the outcome of a connection that failed or made no sense."""
    try:
        yield
    except httpcore.TimeoutException:
        raise FetchError("source_timeout") from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        raise FetchError(broken) from None
