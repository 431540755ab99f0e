"""Which publications were seen lately. https://upstash.com/docs/qstash/features/deduplication"""

import hashlib
import json
from collections import OrderedDict

from infra.local.qstash.clock import Clock
from infra.local.qstash.headers import first
from infra.local.qstash.limits import DEDUPLICATION_SECONDS, MAX_DEDUPLICATION_IDS
from infra.local.qstash.publication import Publication


class Deduplication:
    """Remembers each deduplication id for ten minutes, with the message it stands for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def earlier(self, key: str | None) -> str | None:
        """The id of the message published under `key` within the window, or None."""
        self._forget()
        return self._seen[key][1] if key is not None and key in self._seen else None

    def remember(self, key: str | None, message_id: str) -> None:
        """From now on `key` stands for `message_id`."""
        if key is not None:
            self._seen[key] = (self._clock.now() + DEDUPLICATION_SECONDS, message_id)

    def _forget(self) -> None:
        while self._seen:
            until, _ = next(iter(self._seen.values()))
            if until > self._clock.now() and len(self._seen) < MAX_DEDUPLICATION_IDS:
                return
            self._seen.popitem(last=False)


def deduplication_key(publication: Publication) -> str | None:
    """Upstash-Deduplication-Id; else, if asked for, a hash of destination, body, Content-Type and forwarded headers."""
    headers = publication.headers
    if given := first(headers, "upstash-deduplication-id"):
        # The endpoints of a group get the same id: each of them is sent to once.
        group = publication.origin.url_group
        return f"id:{given}" if group is None else json.dumps([group, publication.destination, given])
    # The Python SDK sends "True".
    if (first(headers, "upstash-content-based-deduplication") or "").lower() != "true":
        return None
    counted = {name: values for name, values in headers.items() if _counts(name)}
    where = [publication.origin.url_group, publication.destination]
    digest = hashlib.sha256(json.dumps([where, sorted(counted.items())]).encode())
    digest.update(publication.body)
    return f"content:{digest.hexdigest()}"


def _counts(name: str) -> bool:
    return name == "content-type" or name.startswith("upstash-forward-")
