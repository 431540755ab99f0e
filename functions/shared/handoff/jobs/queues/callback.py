"""A callback's body, as QStash writes it: https://upstash.com/docs/qstash/features/callbacks#what-is-a-callback

Our own carriers write the same, so that an application need not care who carried its message. Of a callback only its
sourceBody must be readable: whatever else it says, the report counts.
"""

import base64
import json
import re

from handoff.errors import InvalidDeliveryError
from handoff.jobs.queues.base import Delivery, Report


def read_callback(delivery: Delivery) -> Report:
    """Raises InvalidDeliveryError. Its sourceHeader is left where it is: it may bring a credential back."""
    try:
        report = json.loads(delivery.body)
        return Report(
            source_body=base64.b64decode(report["sourceBody"], validate=True),
            status=_status(report.get("status")),
            headers=_first_values(report.get("header")),
            body=_decoded(report.get("body")),
            is_truncated=report.get("bodyTruncated") is True,
            retried=_counted(report.get("retried")),
            max_retries=_counted(report.get("maxRetries")),
            message_id=_printable(report.get("sourceMessageId")),
            dead_letter_id=_printable(report.get("dlqId")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InvalidDeliveryError("the report has no readable sourceBody") from None


def counted_attempts(header: str | None) -> int:
    """How many attempts came before, as a header tells it that no signature covers; 0 where it tells none."""
    return int(header) if header and re.fullmatch(r"[0-9]{1,4}", header) else 0


def _status(value: object) -> int | None:
    return value if type(value) is int and 100 <= value <= 599 else None


def _counted(value: object) -> int:
    return value if type(value) is int and 0 <= value <= 9999 else 0


def _printable(value: object) -> str | None:
    return re.sub(r"[^\x20-\x7e]", "", str(value))[:200] if value else None


def _decoded(value: object) -> bytes:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError:
        return b""


def _first_values(value: object) -> dict[str, str]:
    """Headers, a list of values to a name."""
    if not isinstance(value, dict):
        return {}
    lists = {name: them for name, them in value.items() if isinstance(them, list) and them}
    return {name.lower(): str(them[0]) for name, them in lists.items()}
