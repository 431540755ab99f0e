"""When a cron expression comes true, in its zone and where clocks change."""

from datetime import UTC, datetime

import pytest

from infra.local.qstash.cron import Cron
from infra.local.qstash.errors import InvalidRequestError


def _next(expression: str, start: str, count: int) -> list[str]:
    """The next `count` times after `start`, both in UTC, as "29T01:00" is the 29th."""
    cron, moment, found = Cron.parse(expression), datetime.fromisoformat(start + "Z").timestamp(), []
    for _ in range(count):
        following = cron.after(moment)
        assert following is not None
        moment = following
        found.append(f"{datetime.fromtimestamp(moment, UTC):%dT%H:%M}")
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("* * * * *", ["05T10:01", "05T10:02"]),
        ("*/20 9-11 * * *", ["05T10:20", "05T10:40"]),
        ("0 9 * * MON-FRI", ["06T09:00", "07T09:00"]),
        ("0 0 1,15 * *", ["15T00:00", "01T00:00"]),
        ("0 0 13 * FRI", ["10T00:00", "13T00:00"]),
        ("CRON_TZ=America/New_York 0 4 * * *", ["06T08:00", "07T08:00"]),
    ],
)
def test_an_expression_comes_true_when_it_says(expression: str, expected: list[str]) -> None:
    assert _next(expression, "2026-07-05T10:00:30", 2) == expected


@pytest.mark.parametrize(
    ("expression", "start", "expected"),
    [
        # On 29 March 2026 clocks in Berlin go from 2:00 to 3:00, which is 1:00 in UTC.
        ("0 9 * * *", "2026-03-28T00:00:00", ["28T08:00", "29T07:00", "30T07:00"]),
        ("30 2 * * *", "2026-03-28T00:00:00", ["28T01:30", "29T01:00", "30T00:30"]),
        ("*/30 * * * *", "2026-03-29T00:20:00", ["29T00:30", "29T01:00", "29T01:30"]),
        # On 25 October they go back from 3:00 to 2:00, which is 1:00 in UTC.
        ("30 2 * * *", "2026-10-24T12:00:00", ["25T00:30", "26T01:30"]),
        ("30 2 * * *", "2026-10-25T01:10:00", ["26T01:30", "27T01:30"]),
        ("0 * * * *", "2026-10-24T23:30:00", ["25T00:00", "25T01:00", "25T02:00"]),
    ],
)
def test_an_expression_comes_true_once_a_day_and_each_hour_where_clocks_change(
    expression: str, start: str, expected: list[str]
) -> None:
    assert _next(f"CRON_TZ=Europe/Berlin {expression}", start, len(expected)) == expected


def test_a_time_that_never_comes_is_none() -> None:
    assert Cron.parse("0 0 29 2 *").after(0) is not None
    with pytest.raises(InvalidRequestError):
        Cron.parse("0 0 31 2 *")


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "empty spec string"),
        ("* * * *", "expected exactly 5 fields, found 4"),
        ("* * * * * *", "expected exactly 5 fields, found 6"),
        ("60 * * * *", "minute"),
        ("*/0 * * * *", "minute"),
        ("* * * * FOO", "day-of-week"),
        ("* * L * *", "L"),
        ("* * * * 5L", "5L"),
        ("* * * * 1#2", "1#2"),
        ("CRON_TZ=Mars/Base * * * * *", "provided bad location 'Mars/Base'"),
        ("CRON_TZ=../UTC * * * * *", "provided bad location"),
        ("CRON_TZ=UTC", "found 0"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_reason(expression: str, said: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"^Invalid cron expression .*{said}"):
        Cron.parse(expression)
