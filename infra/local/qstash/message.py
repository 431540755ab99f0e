"""A message on its way, and how the API shows it (https://upstash.com/docs/qstash/api-reference, schema Message)."""

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any

from infra.local.qstash import limits
from infra.local.qstash.duration import published_seconds
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.expression import RetryDelay
from infra.local.qstash.flow_options import FlowOptions
from infra.local.qstash.headers import Headers, below, canonical, first
from infra.local.qstash.publication import Publication, require_url
from infra.local.qstash.redaction import Redaction

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


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
    label: str | None
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
        delay = _delay(headers, now)
        expression = first(headers, "upstash-retry-delay")
        return cls(
            id=message_id,
            publication=publication,
            method=_method(first(headers, "upstash-method")),
            header=_forwarded(headers),
            retries=_retries(first(headers, "upstash-retries")),
            retry_delay=RetryDelay.parse(expression) if expression else None,
            timeout=_timeout(first(headers, "upstash-timeout")),
            delay=delay,
            not_before=now + int(delay * 1000),
            created_at=now,
            callback=_url("callback", first(headers, "upstash-callback")),
            failure_callback=_url("failure callback", first(headers, "upstash-failure-callback")),
            label=first(headers, "upstash-label"),
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
            "label": self.label,
            **self.publication.origin.as_json(),
            **(self.flow.as_json() if self.flow else {}),
        }
        return {name: value for name, value in shown.items() if value is not None}

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


def _forwarded(headers: Headers) -> dict[str, list[str]]:
    content_type = {"content-type": list(headers["content-type"])} if "content-type" in headers else {}
    return {**content_type, **below(headers, "upstash-forward-")}


def _method(text: str | None) -> str:
    method = (text or "POST").upper()
    if method not in _METHODS:
        raise InvalidRequestError(f"invalid Upstash-Method: {text!r} is none of {', '.join(_METHODS)}")
    return method


def _retries(text: str | None) -> int:
    if text is None:
        return limits.DEFAULT_RETRIES
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequestError(f"invalid Upstash-Retries: {text!r} is not a number of retries")
    return int(text)


def _timeout(text: str | None) -> float:
    seconds = published_seconds("Upstash-Timeout", text) if text else limits.DEFAULT_TIMEOUT_SECONDS
    return min(seconds, limits.DEFAULT_TIMEOUT_SECONDS)


def _delay(headers: Headers, now: int) -> float:
    """Seconds from `now`: Upstash-Not-Before wins. https://upstash.com/docs/qstash/features/delay"""
    not_before, delay = first(headers, "upstash-not-before"), first(headers, "upstash-delay")
    if not_before is None:
        return published_seconds("Upstash-Delay", delay) if delay else 0.0
    if not (not_before.isascii() and not_before.isdigit() and len(not_before) < 12):
        raise InvalidRequestError(f"invalid Upstash-Not-Before: {not_before!r} is not a Unix time in seconds")
    return max(0.0, int(not_before) - now / 1000)


def _url(what: str, text: str | None) -> str | None:
    return require_url(what, text) if text else None
