"""A message on its way, and how the API shows it (https://upstash.com/docs/qstash/api-reference, schema Message)."""

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any

from infra.local.qstash import options
from infra.local.qstash.expression import RetryDelay
from infra.local.qstash.flow_options import FlowOptions
from infra.local.qstash.headers import Headers, below, canonical, first
from infra.local.qstash.publication import Publication, require_url
from infra.local.qstash.redaction import Redaction


@dataclass
class Message:
    """One message to one URL. Times are Unix milliseconds; `timeout` and `delay` are seconds."""

    id: str
    publication: Publication
    method: str
    header: Headers
    """What the destination gets: Content-Type and the Upstash-Forward-* headers without their prefix."""
    retries: int
    retry_delay: RetryDelay | None
    timeout: float
    delay: float
    not_before: int
    created_at: int
    callback: str | None
    failure_callback: str | None
    labels: list[str]
    flow: FlowOptions | None
    redaction: Redaction
    retried: int = 0
    canceled: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there will be no other attempt."""
    delivered: bool = False

    @classmethod
    def of(cls, publication: Publication, message_id: str, now: int) -> "Message":
        """Read the options; InvalidRequestError names the first that is not valid."""
        require_url("destination", publication.destination)
        headers = publication.headers
        delay = options.delay(headers, now)
        expression = first(headers, "upstash-retry-delay")
        return cls(
            id=message_id,
            publication=publication,
            method=options.method(first(headers, "upstash-method")),
            header=options.forwarded(headers),
            retries=options.retries(first(headers, "upstash-retries")),
            retry_delay=RetryDelay.parse(expression) if expression else None,
            timeout=options.timeout(first(headers, "upstash-timeout")),
            delay=delay,
            not_before=now + int(delay * 1000),
            created_at=now,
            callback=options.url("callback", first(headers, "upstash-callback")),
            failure_callback=options.url("failure callback", first(headers, "upstash-failure-callback")),
            labels=options.labels(headers),
            flow=FlowOptions.of(headers),
            redaction=Redaction.parse(first(headers, "upstash-redact-fields")),
        )

    @property
    def url(self) -> str:
        """Where it goes."""
        return self.publication.destination

    @property
    def body(self) -> bytes:
        """What it carries."""
        return self.publication.body

    def as_json(self) -> dict[str, Any]:
        """The schema's object, redacted; fields without a value are left out."""
        shown = {
            "messageId": self.id,
            "url": self.url,
            "method": self.method,
            "header": self.shown(self.header),
            **text_or_base64("body", self.body, self.redaction.hidden_body(self.body)),
            "maxRetries": self.retries,
            "notBefore": self.not_before,
            "createdAt": self.created_at,
            "callback": self.callback,
            "callbackHeader": self.shown(below(self.publication.headers, "upstash-callback-forward-")) or None,
            "failureCallback": self.failure_callback,
            "failureCallbackHeader": self.shown(below(self.publication.headers, "upstash-failure-callback-forward-"))
            or None,
            "callerIP": self.publication.caller_ip,
            "retryDelayExpression": self.retry_delay.text if self.retry_delay else None,
            **self.labels_as_json(),
            **self.publication.origin.as_json(),
            **(self.flow.as_json() if self.flow else {}),
        }
        return {name: value for name, value in shown.items() if value is not None}

    def labels_as_json(self) -> dict[str, Any]:
        """`labels`, and the `label` that it took the place of: all of them as they were given, with commas."""
        return {"label": ",".join(self.labels), "labels": self.labels} if self.labels else {}

    def shown(self, headers: Headers) -> dict[str, list[str]]:
        """`headers` redacted, with the names the API uses."""
        return canonical(self.redaction.header(headers))


def text_or_base64(name: str, body: bytes, hidden: str | None = None) -> dict[str, str]:
    """`name` with UTF-8 text, or `nameBase64` where the bytes are not UTF-8."""
    if hidden is not None:
        return {name: hidden}
    try:
        return {name: body.decode()}
    except UnicodeDecodeError:
        return {f"{name}Base64": base64.b64encode(body).decode()}
