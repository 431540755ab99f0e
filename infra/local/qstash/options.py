"""What the Upstash-* headers of a publication say, one function an option. InvalidRequestError where that is nothing.

https://upstash.com/docs/qstash/api-reference/messages/publish-a-message
"""

from infra.local.qstash import limits
from infra.local.qstash.duration import published_seconds
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.headers import Headers, below, first
from infra.local.qstash.publication import require_url

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def forwarded(headers: Headers) -> dict[str, list[str]]:
    """What the destination gets."""
    content_type = {"content-type": list(headers["content-type"])} if "content-type" in headers else {}
    return {**content_type, **below(headers, "upstash-forward-")}


def method(text: str | None) -> str:
    """POST by default."""
    method = (text or "POST").upper()
    if method not in _METHODS:
        raise InvalidRequestError(f"invalid Upstash-Method: {text!r} is none of {', '.join(_METHODS)}")
    return method


def labels(headers: Headers) -> list[str]:
    """One or several, with commas: https://upstash.com/docs/qstash/api-reference/messages/publish-a-message"""
    given = (label.strip() for text in headers.get("upstash-label", []) for label in text.split(","))
    return list(dict.fromkeys(filter(None, given)))


def retries(text: str | None) -> int:
    """Attempts after the first."""
    if text is None:
        return limits.DEFAULT_RETRIES
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidRequestError(f"invalid Upstash-Retries: {text!r} is not a number of retries")
    return int(text)


def timeout(text: str | None) -> float:
    """Seconds; the plan's can only be shortened."""
    seconds = published_seconds("Upstash-Timeout", text) if text else limits.DEFAULT_TIMEOUT_SECONDS
    return min(seconds, limits.DEFAULT_TIMEOUT_SECONDS)


def delay(headers: Headers, now: int) -> float:
    """Seconds from `now`: Upstash-Not-Before wins. https://upstash.com/docs/qstash/features/delay"""
    not_before, delay = first(headers, "upstash-not-before"), first(headers, "upstash-delay")
    if not_before is None:
        return published_seconds("Upstash-Delay", delay) if delay else 0.0
    if not (not_before.isascii() and not_before.isdigit() and len(not_before) < 12):
        raise InvalidRequestError(f"invalid Upstash-Not-Before: {not_before!r} is not a Unix time in seconds")
    return max(0.0, int(not_before) - now / 1000)


def url(what: str, text: str | None) -> str | None:
    """Of a callback, which may not be a URL group."""
    return require_url(what, text) if text else None
