"""What somebody asked QStash to send: a destination, headers, a body.

Every way in (publish, enqueue, a batch, a schedule, a callback, a retry of a dead letter) makes a Publication, and
`Message.of` reads its headers, so each of them has every option.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.headers import Headers


@dataclass(frozen=True)
class Origin:
    """What a publication came through: shown with the message, and what lists are filtered by."""

    url_group: str | None = None
    endpoint: str | None = None
    """The endpoint's name within the group, where it has one."""
    queue: str | None = None
    schedule_id: str | None = None

    def as_json(self) -> dict[str, str]:
        """The API's names for it; what there is none of is left out."""
        named = {
            "topicName": self.url_group,
            "endpointName": self.endpoint,
            "queueName": self.queue,
            "scheduleId": self.schedule_id,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True)
class Publication:
    """One request to send."""

    destination: str
    """The name of a URL group, or an http or https URL, kept byte for byte: it is what the signature's `sub` says."""
    headers: Headers
    """All headers of the request, lower-case names."""
    body: bytes
    caller_ip: str
    origin: Origin = field(default_factory=Origin)

    def overridden(self, headers: Headers) -> "Publication":
        """The same with the Upstash-* options of `headers` instead of its own."""
        options = {name: values for name, values in headers.items() if name.startswith("upstash-")}
        return replace(self, headers={**self.headers, **options})

    def without(self, *names: str) -> "Publication":
        """The same without these headers."""
        return replace(self, headers={name: values for name, values in self.headers.items() if name not in names})


def destination_of(scope: Mapping[str, object], route: str) -> str:
    """The destination in the raw path after `route`, with the query string, which belongs to it.

    It comes as it is. Percent-encoded as a whole ("https%3A%2F%2F…") it is decoded here; QStash in the cloud is
    reported to refuse that with 400 "invalid destination url: endpoint has invalid scheme".
    """
    raw, query = scope["raw_path"], scope["query_string"]
    assert isinstance(raw, bytes)
    assert isinstance(query, bytes)
    path = raw.decode("latin-1").removeprefix(route)
    if path.lower().startswith(("http%3a", "https%3a")):
        return unquote(path)
    return f"{path}?{query.decode('latin-1')}" if query else path


def require_url(what: str, url: str) -> str:
    """`url`, or InvalidRequestError in the vendor's words when it is not an absolute http(s) URL."""
    try:
        parts = urlsplit(url)
        valid_port = parts.port is None or parts.port > 0
    except ValueError:
        raise InvalidRequestError(f"invalid {what} url: {url!r} cannot be read") from None
    if parts.scheme not in ("http", "https"):
        raise InvalidRequestError(
            f"invalid {what} url: endpoint has invalid scheme, add http:// or https:// in front of your url"
        )
    if not parts.hostname or not valid_port:
        raise InvalidRequestError(f"invalid {what} url: endpoint has no host or an invalid port")
    return url
