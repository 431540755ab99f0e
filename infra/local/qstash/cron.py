"""Upstash-Cron: five fields, in UTC or, with CRON_TZ=<zone> in front, in that zone.

https://upstash.com/docs/qstash/features/schedules#timezones

What the vendor does when clocks change is not documented. Here it is as in Debian's cron: what falls into the hour that
is skipped happens at its end, what falls into the hour that comes twice happens once, and what happens every hour, or
every minute, goes on through both. The vendor's errors are those of the Go package robfig/cron; of its
syntax, the descriptors (@daily) and "?" are not here, and L, W and # are refused as they are there.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from infra.local.qstash.errors import InvalidRequestError

_ZONE = re.compile(r"(?:CRON_)?TZ=(\S*)\s*(.*)", re.DOTALL)
_FIELD = re.compile(r"[0-9A-Za-z*,/-]+")
_ONLY_CRONSIM = re.compile(r"L|LW|\d[lL]|W", re.IGNORECASE)
_LONGEST = 256


@dataclass(frozen=True)
class Cron:
    """An expression that was found valid; `text` is what was given."""

    text: str
    fields: str
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str | None) -> "Cron":
        """InvalidRequestError unless `text` is an expression."""
        text = (text or "").strip()
        if not text:
            raise _invalid("empty spec string")
        zone, fields = match.groups() if (match := _ZONE.fullmatch(text)) else ("UTC", text)
        parts = fields.split()
        if len(parts) != 5 or len(text) > _LONGEST:
            raise _invalid(f"expected exactly 5 fields, found {len(parts)}: {fields!r}")
        for part in parts:
            if not _FIELD.fullmatch(part) or _ONLY_CRONSIM.fullmatch(part):
                raise _invalid(f"failed to parse {part!r}")
        try:
            cron = cls(text, fields, ZoneInfo(zone))
            CronSim(fields, datetime.now(cron.zone))
        except (KeyError, OSError, ValueError) as exc:  # what ZoneInfo raises for an unknown, a wrong, an unsafe name
            raise _invalid(f"provided bad location {zone!r}") from exc
        except CronSimError as exc:
            raise _invalid(str(exc)) from exc
        return cron

    def after(self, moment: float) -> float | None:
        """The first Unix time after `moment`, in seconds; None if there is none in the next fifty years."""
        for found in CronSim(self.fields, datetime.fromtimestamp(moment, self.zone)):
            # Started within an hour that comes twice, CronSim gives the earlier of the two.
            if found.timestamp() > moment:
                return found.timestamp()
        return None


def _invalid(reason: str) -> InvalidRequestError:
    return InvalidRequestError(f"Invalid cron expression {reason}")
