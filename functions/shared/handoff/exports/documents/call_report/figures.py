"""What the report says: every number and line of it comes from the same calls, read at one moment."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from handoff.calls.period import PeriodCall, PeriodCalls
from handoff.exports.documents.call_report.chart import chart
from handoff.exports.documents.call_report.text import shown
from handoff.exports.documents.call_report.times import Times, in_words, length

TITLE = "Call report"
# From the lowest part of a bar upwards.
NAMES = {"missing": "end missing", "ended": "ended", "marked": "marked by hand", "running": "running"}


class Figures:
    """Everything that the template shows, as JSON has it."""

    def __init__(self, read: PeriodCalls, *, zone: ZoneInfo, max_call: timedelta) -> None:
        self._read = read
        self._max_call = max_call
        self._times = Times(zone, read.start, read.end)
        self._kinds = [(call, self._kind(call)) for call in read.calls]
        self._count = Counter(kind for _, kind in self._kinds)

    def as_json(self) -> dict[str, Any]:
        return {
            "title": TITLE,
            "period": self._times.period(),
            "zone": self._times.zone_name(),
            "made": f"Made {self._times.long_moment(self._read.now)}.",
            "counts": self._counts(),
            "notes": self._notes(),
            "chart": self._chart(),
            "sections": self._sections(),
        }

    def file_name(self) -> str:
        return f"call-report-{self._times.here(self._read.start):%Y-%m-%d}.pdf"

    def _kind(self, call: PeriodCall) -> str:
        if call.ended_at is not None:
            return "ended"
        if call.marked_at is not None:
            return "marked"
        assert call.started_at is not None
        return "missing" if call.started_at < self._read.now - self._max_call else "running"

    def _counts(self) -> list[dict[str, Any]]:
        started = sum(call.started_at is not None for call in self._read.calls)
        numbers = {
            "started": started,
            **{kind: self._count[kind] for kind in ("ended", "marked", "running", "missing")},
        }
        return [
            {
                "kind": kind,
                "name": NAMES.get(kind, kind),
                "number": f"{number:,}",
                "is_alarming": kind == "missing" and number > 0,
            }
            for kind, number in numbers.items()
        ]

    def _notes(self) -> list[str]:
        """What has to be known to reckon with the counts."""
        unknown = sum(call.started_at is None for call in self._read.calls)
        notes = [f"The end of a call counts as missing {in_words(self._max_call)} after its start."]
        if unknown:
            notes.append(f"Ended in this period, but never told to have started: {_calls(unknown)}.")
        if self._read.older_unresolved:
            older = _calls(self._read.older_unresolved)
            notes.append(f"Without an end, from before this period and not shown here: {older}.")
        return notes

    def _chart(self) -> Any:
        moments = [(call.started_at or call.ended_at, kind) for call, kind in self._kinds]
        return chart(self._times, list(NAMES), NAMES, [(at, kind) for at, kind in moments if at]) if moments else None

    def _sections(self) -> list[dict[str, Any]]:
        if not self._kinds:
            return [{"name": "No calls in this period", "words": "None started, and none ended.", "lines": []}]
        missing = self._section("Calls whose end is missing", ("missing",))
        if not missing["lines"]:
            missing["words"] = "None: every call has ended or may still be running."
        others = self._section("Other calls", ("ended", "marked", "running"))
        return [missing, others] if others["lines"] else [missing]

    def _section(self, name: str, kinds: Sequence[str]) -> dict[str, Any]:
        lines = [self._line(call, kind) for call, kind in self._kinds if kind in kinds]
        return {"name": f"{name} ({len(lines):,})", "words": "", "lines": lines}

    def _line(self, call: PeriodCall, kind: str) -> dict[str, Any]:
        return {
            "kind": kind,
            "call": shown(f"{call.carrier} {call.call_id}"),
            "started": self._times.moment(call.started_at),
            "ended": self._times.moment(call.ended_at, beside=call.started_at),
            "outcome": self._outcome(call, kind),
        }

    def _outcome(self, call: PeriodCall, kind: str) -> str:
        if kind == "marked":
            by = f" by {shown(call.marked_by)}" if call.marked_by else ""
            return f"marked as ended{by}, {self._times.moment(call.marked_at)}"
        if kind in ("missing", "running"):
            return f"{kind} for {length(self._read.now - (call.started_at or self._read.now))}"
        if call.started_at is None:
            return "start not told"
        return f"lasted {length((call.ended_at or call.started_at) - call.started_at)}"


def _calls(number: int) -> str:
    return f"{number:,} call{'' if number == 1 else 's'}"
