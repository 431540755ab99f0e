"""What a request to trigger a task says: https://trigger.dev/docs/management/tasks/trigger

Read as the vendor's own schema (TriggerTaskRequestBody of @trigger.dev/core) does: what it does not know is dropped.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local.trigger_dev import durations

LARGEST_BYTES = 3 * 1024 * 1024
LONGEST_KEY = 2048
LONGEST_TAG = 128
MOST_TAGS = 10
MEMORY_SECONDS = 30 * 86_400
SUPERJSON = "application/super+json"


class RefusedError(Exception):
    """The request is answered with `status` and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class TriggerRequest:
    payload: Any
    max_attempts: int | None = None
    delay_seconds: float = 0.0
    ttl_seconds: float | None = None
    idempotency_key: str | None = None
    memory_seconds: int = MEMORY_SECONDS
    queue: str | None = None
    concurrency_key: str | None = None
    tags: tuple[str, ...] = ()


def read_request(body: bytes, now: float) -> TriggerRequest:
    """Raises RefusedError."""
    if len(body) > LARGEST_BYTES:
        raise RefusedError(413, "Request body too large")
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(400, "Invalid JSON") from None
    options = request.get("options", {}) if isinstance(request, dict) else None
    if not isinstance(options, dict):
        raise RefusedError(400, "Invalid request body")
    for name, allowed in OPTIONS.items():
        if name in options and not allowed(options[name]):
            raise RefusedError(400, f"Invalid request body: options.{name}")
    return TriggerRequest(
        payload=_payload(request.get("payload"), options.get("payloadType", "")),
        max_attempts=options.get("maxAttempts"),
        delay_seconds=_delay(options.get("delay"), now),
        ttl_seconds=_ttl(options.get("ttl")),
        idempotency_key=options.get("idempotencyKey") or None,
        # The vendor's server takes a duration it cannot read for none at all.
        memory_seconds=durations.seconds(options.get("idempotencyKeyTTL", "")) or MEMORY_SECONDS,
        queue=options["queue"]["name"] if "queue" in options else None,
        concurrency_key=str(options["concurrencyKey"]) if "concurrencyKey" in options else None,
        tags=read_tags(options.get("tags", [])),
    )


def read_tags(given: Any) -> tuple[str, ...]:
    """One, or a list of them. Raises RefusedError."""
    if not _are_tags(given):
        raise RefusedError(400, "Invalid request body: tags")
    return tuple(given) if isinstance(given, list) else (given,)


def _payload(payload: Any, kind: str) -> Any:
    """As the task gets it. The vendor's SDK writes what superjson makes of it: of plain JSON, {"json": …} as a text."""
    if kind != SUPERJSON:
        return payload
    try:
        return json.loads(payload)["json"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise RefusedError(400, "Invalid payload") from None


def _delay(delay: str | None, now: float) -> float:
    if delay is None:
        return 0.0
    found = durations.seconds_until(delay, now)
    if found is None:
        raise RefusedError(422, f"Invalid delay {delay}")
    return found


def _ttl(ttl: str | int | None) -> float | None:
    return durations.seconds(ttl) if isinstance(ttl, str) else ttl


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return type(value) is int


def _are_tags(value: object) -> bool:
    tags = value if isinstance(value, list) else [value]
    return len(tags) <= MOST_TAGS and all(isinstance(tag, str) and len(tag) <= LONGEST_TAG for tag in tags)


OPTIONS: dict[str, Callable[[Any], bool]] = {
    "delay": _is_text,
    "idempotencyKey": lambda value: isinstance(value, str) and len(value) <= LONGEST_KEY,
    "idempotencyKeyTTL": _is_text,
    "payloadType": _is_text,
    "maxAttempts": _is_number,
    "tags": _are_tags,
    "ttl": lambda value: _is_text(value) or (_is_number(value) and value >= 0),
    "queue": lambda value: isinstance(value, dict) and _is_text(value.get("name")),
    "concurrencyKey": lambda value: _is_text(value) or _is_number(value),
}
