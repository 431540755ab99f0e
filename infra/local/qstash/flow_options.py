"""Upstash-Flow-Control-Key and Upstash-Flow-Control-Value: which limits a message's deliveries share with others.

https://upstash.com/docs/qstash/features/flowcontrol
"""

from dataclasses import dataclass
from typing import Any

from infra.local.qstash.duration import published_seconds
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.headers import Headers, first

_HEADER = "Upstash-Flow-Control-Value"
_DEFAULT_PERIOD_SECONDS = 1


@dataclass(frozen=True)
class FlowOptions:
    """What a message says of its key; None where it sets no limit. `period` is in seconds."""

    key: str
    parallelism: int | None
    rate: int | None
    period: int

    @classmethod
    def of(cls, headers: Headers) -> "FlowOptions | None":
        """From "parallelism=5, rate=10, period=1m"; None without a key, InvalidRequestError for anything else."""
        key, value = first(headers, "upstash-flow-control-key"), first(headers, "upstash-flow-control-value")
        if not key and not value:
            return None
        if not key or not value:
            missing = "Upstash-Flow-Control-Key" if not key else _HEADER
            raise InvalidRequestError(f"invalid flow control: {missing} is missing")
        parts = dict(_part(text) for text in value.split(",") if text.strip())
        if not parts.keys() <= {"parallelism", "rate", "period"} or not parts.keys() & {"parallelism", "rate"}:
            raise InvalidRequestError(f"invalid {_HEADER}: {value!r} is not like parallelism=5, rate=10, period=1m")
        return cls(
            key,
            positive(_HEADER, parts["parallelism"]) if "parallelism" in parts else None,
            positive(_HEADER, parts["rate"]) if "rate" in parts else None,
            period_seconds(_HEADER, parts.get("period")),
        )

    def as_json(self) -> dict[str, Any]:
        """Its part of the schemas Message, DLQMessage and Schedule."""
        limits = {"parallelism": self.parallelism, "rate": self.rate, "period": self.period if self.rate else None}
        return {"flowControlKey": self.key} | {name: value for name, value in limits.items() if value is not None}


def positive(what: str, text: str) -> int:
    """A whole number above 0, or InvalidRequestError."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise InvalidRequestError(f"invalid {what}: {text!r} is not a whole number above 0")
    return int(text)


def period_seconds(what: str, text: str | None) -> int:
    """Seconds in "1m" or "60"; one second where nothing is given."""
    if text is None:
        return _DEFAULT_PERIOD_SECONDS
    seconds = float(positive(what, text)) if text.isdigit() else published_seconds(what, text)
    if seconds < 1:
        raise InvalidRequestError(f"invalid {what}: a period is at least 1s")
    return int(seconds)


def _part(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()
