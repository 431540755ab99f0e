"""Prefer: wait=N (RFC 7240) and If-None-Match (RFC 9110 section 13.1.2)."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from handoff.web.waiting import (
    EAGER_PAUSE,
    EAGER_SECONDS,
    LISTENING_PAUSE,
    PAUSE,
    is_known,
    preferred_wait,
    wait_until_changed,
)

ETAG = '"7.2.1"'


def request(name: str, *values: str) -> Request:
    headers = [(name.encode(), value.encode("utf-8", "surrogatepass")) for value in values]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=5", 5), ("wait=0", 0), ("wait=20", 20), ("wait=21", 20), ("wait=999999", 20), ("Wait=5", 5), ("WAIT=5",
        5),
        ('wait="5"', 5), ("wait = 5", 5), ("respond-async, wait=5", 5), ("wait=5, respond-async", 5), ("wait=5;x=y", 5),
        ("return=minimal,wait=7,handling=lenient", 7), ("wait=3, wait=9", 3), ("", 0), ("wait", 0), ("wait=", 0),
        ("wait=x", 0),
        ("wait=-5", 0), ("wait=+5", 0), ("wait=5.5", 0), ("wait=1e3", 0), ("await=5", 0), ("wait-for=5", 0),
        ("waiting=5", 0),
        ("wait=5s", 0), ("wait=٥", 0), ("wait=5\0", 0), ("xwait=5, y", 0), ("respond-async", 0),
    ],
)  # fmt: skip
def test_how_long_a_client_would_wait(prefer: str, seconds: int) -> None:
    assert preferred_wait(request("prefer", prefer), 20) == seconds


def test_without_the_header_nobody_waits() -> None:
    assert preferred_wait(request("accept", "*/*"), 20) == 0


def test_a_header_that_comes_twice_is_read_as_one_list() -> None:
    assert preferred_wait(request("prefer", "respond-async", "wait=4"), 20) == 4
    assert is_known(request("if-none-match", '"1"', ETAG), ETAG)


@pytest.mark.parametrize(
    "given_etags",
    [ETAG, f"W/{ETAG}", f'"1", {ETAG}', f'{ETAG}, "1"', f'"1",W/{ETAG} ,"2"', f"  {ETAG}  ", "*", " * ",
     f'"1",{ETAG},', f",{ETAG}"],
)  # fmt: skip
def test_an_etag_is_known_wherever_it_stands_in_the_list_strong_or_weak(given_etags: str) -> None:
    assert is_known(request("if-none-match", given_etags), ETAG)


@pytest.mark.parametrize(
    "given_etags",
    [
        "",
        '""',
        '"7.2"',
        "7.2.1",
        '"7.2.1',
        '"17.2.1"',
        '"7.2.1" x',
        'w/"7.2.1"',
        "'7.2.1'",
        '"*"',
        "*x",
        ", ,",
        'W/W/"7.2.1"',
    ],
)
def test_anything_else_is_not_known(given_etags: str) -> None:
    assert not is_known(request("if-none-match", given_etags), ETAG)


def test_without_the_header_nothing_is_known() -> None:
    assert not is_known(request("accept", "*/*"), ETAG)


@given(st.text(max_size=40))
def test_no_header_whatever_is_a_failure(value: str) -> None:
    assert 0 <= preferred_wait(request("prefer", value), 20) <= 20
    assert is_known(request("if-none-match", value), ETAG) in (True, False)


@dataclass
class Seen:
    etag: str
    seconds_to_change: float | None = None


def looks(*etags: str, seconds_to_change: float | None = None) -> Iterator[Seen]:
    """What is seen, look after look; the last one for ever."""
    yield from (Seen(etag, seconds_to_change) for etag in etags[:-1])
    while True:
        yield Seen(etags[-1], seconds_to_change)


def wait(seen: Iterator[Seen], seconds: float, **how: object) -> tuple[str, int, float]:
    """The etag that was answered, after how many looks, and how long that took."""
    count = 0

    def look() -> Seen:
        nonlocal count
        count += 1
        return next(seen)

    started = time.monotonic()
    answered = asyncio.run(wait_until_changed(look, lambda etag: etag == "old", seconds, **how))  # type: ignore[arg-type]
    return answered.etag, count, time.monotonic() - started


def test_what_is_new_is_answered_at_the_first_look() -> None:
    assert wait(looks("new"), 20)[:2] == ("new", 1)


def test_without_waiting_there_is_one_look() -> None:
    assert wait(looks("old"), 0)[:2] == ("old", 1)


def test_what_becomes_new_is_answered_at_the_next_look() -> None:
    etag, count, took = wait(looks("old", "old", "new"), 20)
    assert (etag, count) == ("new", 3)
    assert took >= 2 * EAGER_PAUSE * 0.9


def test_what_stays_is_answered_when_the_time_is_up_after_a_last_look() -> None:
    etag, count, took = wait(looks("old"), 0.3)
    assert etag == "old"
    assert 3 <= count <= 6
    assert took >= 0.3


def test_looks_come_often_at_first_and_then_spare_the_database() -> None:
    _, count, _ = wait(looks("old"), EAGER_SECONDS + 1)
    eager, calm = EAGER_SECONDS / EAGER_PAUSE, 1 / PAUSE
    only_calm, only_eager = (EAGER_SECONDS + 1) / PAUSE, (EAGER_SECONDS + 1) / EAGER_PAUSE
    assert 1.5 * only_calm < count <= eager + calm + 2 < only_eager


def test_with_a_sleep_of_its_own_the_pauses_are_never_longer_than_what_is_left_or_until_it_changes_by_itself() -> None:
    for seconds_to_change, longest in ((None, LISTENING_PAUSE), (0.01, 0.01), (100.0, LISTENING_PAUSE)):
        pauses: list[float] = []
        seen = looks("old", "old", "new", seconds_to_change=seconds_to_change)
        assert wait(seen, 20, sleep=pauses.append)[:2] == ("new", 3)
        assert len(pauses) == 2
        assert all(0 <= pause <= longest for pause in pauses)
    pauses = []
    wait(looks("old", "old", "new"), 0.2, sleep=pauses.append)
    assert all(pause <= 0.2 for pause in pauses)
