"""What the report says of calls: in whose time, how many, and what became of each."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from handoff.calls.period import PeriodCall
from handoff.exports.documents.call_report.times import Times, in_words, length
from tests.call_report.making import HOUR, MINUTE, NOW, call, figures


def lines(*calls: PeriodCall, **asked: Any) -> list[list[str]]:
    """The rows, missing endings first."""
    sections = figures(calls, **asked).as_json()["sections"]
    columns = ("kind", "started", "ended", "outcome")
    return [[line[column] for column in columns] for section in sections for line in section["lines"]]


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (call("a", lasted=3 * MINUTE), ["ended", "13:30:20", "13:33:20", "lasted 3:00"]),
        (call("a", ago=HOUR), ["running", "13:00:20", "–", "running for 1:00:00"]),
        (call("a", ago=HOUR + timedelta(seconds=1)), ["missing", "13:00:19", "–", "missing for 1:00:01"]),
        (
            call("a", marked_at=NOW, marked_by="ada@corp.com"),
            ["marked", "13:30:20", "–", "marked as ended by ada@corp.com, 14:00:20"],
        ),
        (call("a", marked_at=NOW), ["marked", "13:30:20", "–", "marked as ended, 14:00:20"]),
        (
            call("a", lasted=MINUTE, marked_at=NOW, marked_by="ada@corp.com"),
            ["ended", "13:30:20", "13:31:20", "lasted 1:00"],
        ),
        (call("a", started_at=None, ended_at=NOW), ["ended", "–", "14:00:20", "start not told"]),
        (call("a", lasted=-MINUTE), ["ended", "13:30:20", "13:29:20", "lasted 0:00"]),
    ],
    ids=[
        "ended",
        "running",
        "missing",
        "marked",
        "marked by nobody signed in",
        "marked and ended",
        "no start",
        "reversed",
    ],
)
def test_what_became_of_a_call(one: PeriodCall, line: list[str]) -> None:
    assert lines(one) == [line]


def test_moments_are_in_the_persons_time_zone_and_name_the_day_where_there_are_two() -> None:
    late = call("a", ago=15 * HOUR, lasted=3 * HOUR)
    assert lines(late, window=24 * HOUR)[0][1:3] == ["2026-06-13 23:00:20", "2026-06-14 02:00:20"]
    assert lines(late, window=24 * HOUR, zone="Asia/Kathmandu")[0][1:3] == ["2026-06-14 02:45:20", "05:45:20"]
    said = figures([late], zone="Asia/Kathmandu").as_json()
    assert said["zone"] == "Asia/Kathmandu (UTC+05:45)"
    assert said["period"] == "14 June 2026, 15:45:20 to 17:45:20"
    assert said["made"] == "Made 14 June 2026, 17:45:20."


def test_where_the_clocks_are_put_back_each_moment_says_its_offset() -> None:
    zone, start = ZoneInfo("Europe/Berlin"), datetime(2026, 10, 25, tzinfo=UTC)
    times = Times(zone, start, start + 3 * HOUR)
    assert times.zone_name() == "Europe/Berlin (UTC+02:00 and UTC+01:00)"
    assert [times.moment(start + hours * HOUR) for hours in range(3)] == [
        "02:00:00 +02:00", "02:00:00 +01:00", "03:00:00 +01:00",
    ]  # fmt: skip


def test_what_has_to_be_known_of_the_counts_is_said() -> None:
    assert figures([call("a")]).as_json()["notes"] == ["The end of a call counts as missing 1 hour after its start."]
    notes = figures([call("a", started_at=None, ended_at=NOW)], older_unresolved=1200).as_json()["notes"]
    assert notes[1:] == [
        "Ended in this period, but never told to have started: 1 call.",
        "Without an end, from before this period and not shown here: 1,200 calls.",
    ]


PERIODS = [timedelta(minutes=minutes) for minutes in (1, 2, 59, 120, 721, 1_500, 10_080, 44_640, 527_040)]
ZONES = ["UTC", "America/St_Johns", "Australia/Lord_Howe"]
OFFSETS = some.lists(some.floats(0, 0.999), min_size=1, max_size=30)


@given(zone=some.sampled_from(ZONES), window=some.sampled_from(PERIODS), offsets=OFFSETS)
def test_every_call_is_in_one_bar_and_the_axis_fits(zone: str, window: timedelta, offsets: list[float]) -> None:
    calls = [call(str(number), ago=window * (1 - offset)) for number, offset in enumerate(offsets)]
    chart = figures(calls, zone=zone, window=window).as_json()["chart"]
    heights = [sum(part["number"] for part in bar) for bar in chart["bars"]]
    assert sum(heights) == len(calls)
    assert max(heights) <= chart["top"]
    assert 1 <= len(heights) <= 37
    assert sum(label["bars"] for label in chart["labels"]) == len(heights)
    assert [tick["at"] for tick in chart["ticks"]] == [0, chart["top"] / 2, chart["top"]]
    assert {part["kind"] for bar in chart["bars"] for part in bar} == {part["kind"] for part in chart["legend"]}


def test_the_bars_begin_at_round_times_of_the_persons_clock() -> None:
    bars = figures([call("a", ago=HOUR + MINUTE), call("b", ago=HOUR - 5 * MINUTE)], zone="Asia/Kathmandu").as_json()[
        "chart"
    ]
    assert bars["words"] == (
        "Bar chart of the calls by when they started. From 16:40: 1 end missing; from 16:50: 1 running."
    )
    assert [label["text"] for label in bars["labels"]] == ["", "16:00", "16:30", "17:00", "17:30"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00"), (192, "3:12"), (3_599, "59:59"), (3_792, "1:03:12"), (172_799, "47:59:59"), (172_801, "2 days")],
)
def test_how_long_something_lasted(seconds: int, words: str) -> None:
    assert length(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(3_600, "1 hour"), (5_400, "90 minutes"), (172_800, "2 days"), (61, "61 seconds")]
)
def test_a_duration_in_words(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words
