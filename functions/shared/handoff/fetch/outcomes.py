"""How a fetch can fail: named outcomes, kept with the run."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpcore

# The statuses that say "later", beside every 5xx (RFC 9110 section 15.5.9, RFC 8470, RFC 6585).
_LATER = frozenset({408, 425, 429})


# Whether the same fetch may succeed later. The names are stable: they are stored, shown (exports/outcomes.py has the
# words for people) and counted.
OUTCOMES: dict[str, bool] = {
    "source_refused": False,
    "source_unresolvable": True,
    "source_unreachable": True,
    "source_timeout": True,
    "source_status": False,
    "source_too_large": False,
    "source_truncated": True,
    "source_encoding": False,
    "source_redirects": False,
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
        self.retryable = OUTCOMES[outcome] or (status is not None and (status >= 500 or status in _LATER))

    def __str__(self) -> str:
        return self.outcome if self.status is None else f"{self.outcome} {self.status}"


@contextmanager
def translated(*, broken: str) -> Iterator[None]:
    """Turn httpcore's errors into FetchError; `broken` is the outcome of a connection that failed or made no sense."""
    try:
        yield
    except httpcore.TimeoutException:
        raise FetchError("source_timeout") from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        raise FetchError(broken) from None
