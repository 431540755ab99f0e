"""What every store does, by what it is about."""

from handoff.testing.stores.absence import Absence
from handoff.testing.stores.base import (
    MIB,
    PDF,
    SIGNED_AT,
    Elsewhere,
    Fetch,
    Fetched,
    UnluckyError,
    broken_off,
    read,
)
from handoff.testing.stores.keys import Keys
from handoff.testing.stores.putting import Putting
from handoff.testing.stores.reading import Reading
from handoff.testing.stores.secrecy import Secrecy
from handoff.testing.stores.signed_urls import SignedUrls
from handoff.testing.stores.size import Size

__all__ = [
    "MIB",
    "PDF",
    "SIGNED_AT",
    "Elsewhere",
    "Fetch",
    "Fetched",
    "StorageConformance",
    "UnluckyError",
    "broken_off",
    "read",
]


class StorageConformance(Putting, Reading, Absence, Keys, SignedUrls, Secrecy, Size):
    """Every promise of a store. A provider's tests are this class with the fixtures of StoreFixtures filled in."""
