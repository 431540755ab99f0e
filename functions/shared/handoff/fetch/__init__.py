"""The guarded HTTP client: the only code that fetches a URL it was given.

`outcomes` names how a fetch can fail, `target` says which URLs may be fetched, `addresses` which machines may be
connected to, `connection` holds one connection to them and to its time, and `fetcher` does the fetch.
"""

from handoff.fetch.addresses import Resolver, system_resolve
from handoff.fetch.fetcher import Source, SourceFetcher
from handoff.fetch.outcomes import OUTCOMES, FetchError

__all__ = [
    "OUTCOMES",
    "FetchError",
    "Resolver",
    "Source",
    "SourceFetcher",
    "system_resolve",
]
