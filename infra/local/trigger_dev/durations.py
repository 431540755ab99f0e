"""How Trigger.dev writes times: https://trigger.dev/docs/triggering#delay"""

import re
from datetime import UTC, datetime

WHOLE = re.compile(r"(?:\d+(?:w|d|hr|h|m|s))+")
PART = re.compile(r"(\d+)(w|d|hr|h|m|s)")
SECONDS = {"w": 604_800, "d": 86_400, "hr": 3_600, "h": 3_600, "m": 60, "s": 1}


def seconds(text: str) -> int | None:
    """Of "1h52m18s"; None for anything else."""
    if len(text) > 100 or not WHOLE.fullmatch(text):
        return None
    return sum(int(number) * SECONDS[unit] for number, unit in PART.findall(text))


def seconds_until(text: str, now: float) -> float | None:
    """Of a duration, or until an ISO 8601 date; 0 for one that is over, None for anything else."""
    if (duration := seconds(text)) is not None:
        return duration
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
