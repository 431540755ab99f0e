"""URL groups, "topics" in the API's paths: one name for several endpoints. https://upstash.com/docs/qstash/features/url-groups

Not documented, chosen here: an endpoint is known by its name where it has one, else by its URL, so that an upsert of a
known name moves it to the URL given, and no URL is twice in a group.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from infra.local.qstash import limits
from infra.local.qstash.clock import Clock
from infra.local.qstash.errors import InvalidRequestError, LimitError, NotFoundError
from infra.local.qstash.publication import Publication, require_url

# https://upstash.com/docs/qstash/howto/url-group-endpoint
_NAME = re.compile(r"[A-Za-z0-9._-]{1,256}")


@dataclass(frozen=True)
class Endpoint:
    """One URL of a group, with its name or without."""

    url: str
    name: str | None = None

    def __post_init__(self) -> None:
        require_url("endpoint", self.url)

    def replaces(self, other: "Endpoint") -> bool:
        """Whether both are about the same endpoint."""
        return self.url == other.url or (self.name is not None and self.name == other.name)

    def as_json(self) -> dict[str, str]:
        """Schema Endpoint."""
        return {"url": self.url} | ({"name": self.name} if self.name else {})


@dataclass
class UrlGroup:
    """Times are Unix milliseconds."""

    name: str
    created_at: int
    updated_at: int
    endpoints: list[Endpoint]

    def fan_out(self, publication: Publication) -> list[Publication]:
        """The same publication to each endpoint."""
        return [
            replace(
                publication,
                destination=endpoint.url,
                origin=replace(publication.origin, url_group=self.name, endpoint=endpoint.name),
            )
            for endpoint in self.endpoints
        ]

    def as_json(self) -> dict[str, Any]:
        """Schema URLGroup."""
        return {
            "name": self.name,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "endpoints": [endpoint.as_json() for endpoint in self.endpoints],
        }


class UrlGroups:
    """All groups, by name."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._groups: dict[str, UrlGroup] = {}

    def find(self, name: str) -> UrlGroup | None:
        """The group, or None."""
        return self._groups.get(name)

    def get(self, name: str) -> UrlGroup:
        """NotFoundError if there is none."""
        if name not in self._groups:
            raise NotFoundError(f"url group {name} not found")
        return self._groups[name]

    def upsert(self, name: str, endpoints: Iterable[Endpoint]) -> None:
        """Add or change endpoints, all or none; the group is made if it is not there."""
        if not _NAME.fullmatch(name):
            raise InvalidRequestError(
                "url group name is invalid: it can only contain alphanumeric, underscore, hyphen and dot characters"
            )
        kept = list(self._groups[name].endpoints) if name in self._groups else []
        for endpoint in endpoints:
            kept = [*(other for other in kept if not endpoint.replaces(other)), endpoint]
        if not kept:
            raise InvalidRequestError("endpoints are missing")
        if len(kept) > limits.MAX_ENDPOINTS:
            raise LimitError(f"exceeded the maximum number of endpoints of a url group: {limits.MAX_ENDPOINTS}")
        self._put(name, kept)

    def remove(self, name: str, urls: set[str], names: set[str]) -> None:
        """Take endpoints out, by URL or name; with the last one goes the group."""
        group = self.get(name)
        kept = [endpoint for endpoint in group.endpoints if endpoint.url not in urls and endpoint.name not in names]
        if kept:
            self._put(name, kept)
        else:
            self.delete(name)

    def delete(self, name: str) -> None:
        """Forget a group; messages that came through it stay on their way."""
        self._groups.pop(name, None)

    def _put(self, name: str, endpoints: list[Endpoint]) -> None:
        now = self._clock.milliseconds()
        if name in self._groups:
            self._groups[name].endpoints, self._groups[name].updated_at = endpoints, now
            return
        if len(self._groups) >= limits.MAX_URL_GROUPS:
            raise LimitError(f"exceeded the maximum number of url groups allowed: {limits.MAX_URL_GROUPS}")
        self._groups[name] = UrlGroup(name, now, now, endpoints)

    def __iter__(self) -> Iterator[UrlGroup]:
        return iter(list(self._groups.values()))
