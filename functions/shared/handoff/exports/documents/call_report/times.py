"""Moments and durations as a person reads them, in one time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


class Times:
    """Writes what lies in a period. Where the clocks are changed within it, each moment says its offset.

    Moments are kept in UTC: Python reckons with those of a zone as with the clock on the wall, which is changed.
    """

    def __init__(self, zone: ZoneInfo, start: datetime, end: datetime) -> None:
        self.zone = zone
        self.start, self.end = start.astimezone(UTC), end.astimezone(UTC)
        self._days = {self.here(self.start).date(), self.here(self.end).date()}
        days = [self.start + DAY * day for day in range((self.end - self.start).days + 1)]
        self._offsets = list(dict.fromkeys(_offset(self.here(at)) for at in [*days, self.end]))

    def here(self, at: datetime) -> datetime:
        """The clock on the wall."""
        return at.astimezone(self.zone)

    def utc(self, at: datetime) -> datetime:
        return at.astimezone(UTC)

    def period(self) -> str:
        """14 June 2026, 10:00 to 12:00"""
        start, end = self.here(self.start), self.here(self.end)
        until = _clock(end) if start.date() == end.date() else f"{_date(end)}, {_clock(end)}"
        return f"{_date(start)}, {_clock(start)} to {until}"

    def zone_name(self) -> str:
        """Europe/Berlin (UTC+02:00)"""
        return f"{self.zone.key} ({' and '.join(f'UTC{offset}' for offset in self._offsets)})"

    def moment(self, at: datetime | None, *, beside: datetime | None = None) -> str:
        """2026-06-14 10:03:20; or the time alone, on the one day of the period or `beside` one of the same day."""
        if at is None:
            return "–"
        here = self.here(at)
        is_same_day = {here.date()} == ({self.here(beside).date()} if beside else self._days)
        written = f"{here:%H:%M:%S}" if is_same_day else f"{here:%Y-%m-%d %H:%M:%S}"
        return written if self._offsets == [_offset(here)] else f"{written} {_offset(here)}"

    def long_moment(self, at: datetime) -> str:
        """14 June 2026, 12:03:20"""
        here = self.here(at)
        return f"{_date(here)}, {here:%H:%M:%S}"

    def label(self, at: datetime, step: timedelta) -> str:
        """Of a moment on the chart's axis, as exact as its steps are."""
        here = self.here(at)
        day = f"{here.day}\N{NO-BREAK SPACE}{here:%b}"
        if step >= DAY:
            return day
        return f"{here:%H:%M}" if self.end - self.start <= DAY else f"{day},\N{NO-BREAK SPACE}{here:%H:%M}"


def length(duration: timedelta) -> str:
    """3:12; 1:03:12 from an hour on; days, from two of them on."""
    if duration >= 2 * DAY:
        return in_words(timedelta(days=duration.days))
    seconds = max(0, int(duration.total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def in_words(duration: timedelta) -> str:
    """1 hour; 90 minutes; 2 days."""
    seconds = int(duration.total_seconds())
    units = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
    name, size = next((name, size) for name, size in units if seconds % size == 0)
    number = seconds // size
    return f"{number} {name}{'' if number == 1 else 's'}"


def _date(at: datetime) -> str:
    return f"{at.day} {at:%B} {at.year}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def _offset(at: datetime) -> str:
    """+02:00; in no zone has it had seconds since 1972."""
    return at.isoformat()[-6:]
