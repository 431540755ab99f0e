"""What a call report is asked for: its parameters, checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from handoff.calls.durations import duration
from handoff.errors import FieldProblem, InvalidQueryError

NAMES = ("window", "from", "to", "max_call", "time_zone")
LONGEST_PERIOD = timedelta(days=366)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)")
"""RFC 3339, whose seconds may be left out."""


@dataclass(frozen=True)
class Wish:
    """Either a `window` that ends when the report is made, or a period with both ends."""

    window: timedelta | None
    period: tuple[datetime, datetime] | None
    max_call: timedelta
    time_zone: str


class WishReader:
    """Reads parameters, and keeps what is wrong with them. Durations are as in GET /events/failures."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._parameters = parameters
        self.problems: list[FieldProblem] = []

    def read(self) -> Wish:
        """Of use only without `problems`."""
        for name in self._parameters.keys() - set(NAMES):
            self._refuse(name, f"this document takes no such parameter; it takes {', '.join(NAMES)}")
        wish = Wish(
            window=None if self._has_period() else self._duration("window", "2h"),
            period=self._period() if self._has_period() else None,
            max_call=self._duration("max_call", "1h"),
            time_zone=self._time_zone(),
        )
        if self._has_period() and "window" in self._parameters:
            self._refuse("window", "give either window, or from and to")
        return wish

    def _has_period(self) -> bool:
        return "from" in self._parameters or "to" in self._parameters

    def _period(self) -> tuple[datetime, datetime]:
        start, end = self._moment("from"), self._moment("to")
        if start and end and not start < end:
            self._refuse("to", "must be later than from")
        elif start and end and end - start > LONGEST_PERIOD:
            self._refuse("to", f"must be no more than {LONGEST_PERIOD.days} days after from")
        return start or datetime.min.replace(tzinfo=UTC), end or datetime.max.replace(tzinfo=UTC)

    def _moment(self, name: str) -> datetime | None:
        given = self._parameters.get(name)
        try:
            if isinstance(given, str) and MOMENT.fullmatch(given):
                at = datetime.fromisoformat(given.upper()).astimezone(UTC)
                if EARLIEST <= at <= LATEST:
                    return at
        except (ValueError, OverflowError):
            pass
        self._refuse(name, "must be a moment with its offset, such as 2026-06-14T10:00:00Z; both ends are needed")
        return None

    def _duration(self, name: str, default: str) -> timedelta:
        given = self._parameters.get(name, default)
        try:
            return duration(name, given if isinstance(given, str) else "")
        except InvalidQueryError as error:
            self._refuse(name, str(error))
            return timedelta(0)

    def _time_zone(self) -> str:
        given = self._parameters.get("time_zone", "UTC")
        if not isinstance(given, str) or given not in time_zones():
            self._refuse("time_zone", "must be the name of a time zone, such as Europe/Berlin")
        return str(given)

    def _refuse(self, name: str, message: str) -> None:
        self.problems.append(FieldProblem(f"parameters.{name}", message))


@cache
def time_zones() -> frozenset[str]:
    """The names that the IANA database has.

    Where the system has no database, as some of Lambda's images have not, it is the package tzdata's.
    """
    return frozenset(available_timezones()) - {"localtime", "Factory"}
