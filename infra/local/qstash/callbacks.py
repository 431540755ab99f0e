"""What QStash tells the publisher: the callback after each attempt, the failure callback when all is lost.

Each is an ordinary publication (so it is signed, retried and logged), configured by Upstash-Callback-* and
Upstash-Failure-Callback-* headers. https://upstash.com/docs/qstash/features/callbacks
"""

import base64
import json
from typing import Any

from infra.local.qstash.attempt import Attempt
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.headers import below, canonical
from infra.local.qstash.message import Message
from infra.local.qstash.publication import Publication

# https://upstash.com/docs/qstash/features/callbacks#configuring-callbacks
# and, as the workflow SDK sends them, limits of the callback's own
_CONFIGURABLE = {"timeout", "retries", "retry-delay", "delay", "method", "flow-control-key", "flow-control-value"}


def after_attempt(message: Message, attempt: Attempt) -> Publication | None:
    """The callback's publication, or None when the message has none."""
    if message.callback is None:
        return None
    return _publication(message, message.callback, "upstash-callback-", _report(message, attempt))


def after_failure(message: Message, attempt: Attempt, dlq_id: str) -> Publication | None:
    """The failure callback's publication, or None when the message has none."""
    if message.failure_callback is None:
        return None
    report = _report(message, attempt) | {"dlqId": dlq_id}
    return _publication(message, message.failure_callback, "upstash-failure-callback-", report)


def check(message: Message) -> None:
    """Raises InvalidRequestError where an option of a callback is not valid: once it is due, nobody could be told."""
    for what, url, prefix in (
        ("callback", message.callback, "upstash-callback-"),
        ("failure callback", message.failure_callback, "upstash-failure-callback-"),
    ):
        if url is not None:
            try:
                Message.of(Publication(url, _options(message, prefix), b"", ""), "", message.created_at)
            except InvalidRequestError as error:
                raise InvalidRequestError(f"{what}: {error}") from error


def _options(message: Message, prefix: str) -> dict[str, list[str]]:
    return {
        f"upstash-{name}": values
        for name, values in below(message.publication.headers, prefix).items()
        if name in _CONFIGURABLE or name.startswith("forward-")
    }


def _publication(message: Message, url: str, prefix: str, report: dict[str, Any]) -> Publication:
    options = _options(message, prefix)
    # "Callbacks will use the retry setting from the original request": the count; of a formula nothing is said.
    if redacted := message.publication.headers.get("upstash-redact-fields"):
        options["upstash-redact-fields"] = redacted  # what was to be hidden is so in what it asked for, too
    headers = {"content-type": ["application/json"], "upstash-retries": [str(message.retries)], **options}
    return Publication(url, headers, json.dumps(report).encode(), message.publication.caller_ip)


def _report(message: Message, attempt: Attempt) -> dict[str, Any]:
    """The documented fields. Not documented, chosen here: a redacted source stays redacted (this body is logged too),
    and where nothing answered, `body` is the base64 of the error."""
    hidden = message.redaction.hidden_body(message.body)
    return {
        "status": attempt.status,
        "header": canonical(attempt.headers),
        "body": _base64(attempt.error.encode() if attempt.error else attempt.body),
        "retried": message.retried,
        "maxRetries": message.retries,
        "sourceMessageId": message.id,
        "url": message.url,
        "method": message.method,
        "sourceHeader": message.shown(message.header),
        "sourceBody": _base64(message.body) if hidden is None else hidden,
        "notBefore": str(message.not_before),
        "createdAt": str(message.created_at),
        "callerIP": message.publication.caller_ip,
        **{name: value for name, value in message.publication.origin.as_json().items() if name != "queueName"},
    }


def _base64(body: bytes) -> str:
    return base64.b64encode(body).decode()
