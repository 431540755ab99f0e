"""Slices of the measurement. What is told in one follows from a few words, for whoever sends it and whoever checks."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from infra.local.simulate.expected import Outlook
from infra.local.simulate.plan import Plan, Wish, make_plan
from tests.bench.helper import Helper
from tests.bench.load.watcher import Usage, Watcher

OURS = "ours"
NAMES = (OURS, "writes", "publishes")
DUPLICATES, DISORDER, LOST = 0.10, 0.05, 0.02
OUTLOOK = Outlook(max_call=timedelta(hours=1), window=timedelta(hours=2))
LOOK_SECONDS = 0.25
STANDSTILL_SECONDS = 20.0
RECORDED = {
    OURS: b"SELECT coalesce(sum(events), 0)::int FROM calls",
    "writes": b"SELECT coalesce(sum(events), 0)::int FROM writes.peer_calls",
    "publishes": b"SELECT coalesce(sum(events), 0)::int FROM publishes.peer_calls",
}


@dataclass(frozen=True)
class Slice:
    """`began`: RFC 3339; calls lie before it."""

    rate: float
    seconds: float
    seed: int
    began: str


@dataclass(frozen=True)
class Part:
    """What came of one. Seconds; `until_recorded` from the last answer on. `recorded`: events, when no more came."""

    slice: Slice
    answers: Mapping[str, int]
    latencies: list[float]
    lateness: list[float]
    accepted: frozenset[str]
    usage: Usage
    until_recorded: float
    recorded: int


def plan_of(part: Slice) -> Plan:
    wish = Wish(
        part.rate, part.seconds, DUPLICATES, DISORDER, LOST, span=OUTLOOK.window, max_call=OUTLOOK.max_call,
        seed=part.seed,
    )  # fmt: skip
    return make_plan(wish, datetime.fromisoformat(part.began))


class Carriers:
    def __init__(
        self,
        generator: Helper,
        watcher: Watcher,
        database: psycopg.Connection,
        urls: Mapping[str, str],
        secret: str,
    ) -> None:
        self._generator, self._watcher, self._database = generator, watcher, database
        self._urls, self._secret = urls, secret
        self._seed = 0

    def tell(self, name: str, rate: float, seconds: float) -> Part:
        """One slice to one of the three, and until it has recorded it."""
        self._seed += 1
        part = Slice(rate, seconds, self._seed, datetime.now(UTC).isoformat())
        before = self._recorded(name)
        self._watcher.start()
        began = time.monotonic()
        asked = {"slice": asdict(part), "url": self._urls[name], "secret": self._secret}
        played: dict[str, Any] = self._generator.ask(asked)
        usage = self._watcher.stop(time.monotonic() - began)
        accepted = frozenset(played["accepted"])
        until, recorded = self._drained(name, before + len(accepted))
        return Part(
            part, played["answers"], played["latencies"], played["lateness"], accepted, usage, until, recorded - before
        )

    def _drained(self, name: str, expected: int) -> tuple[float, int]:
        began = moved = time.monotonic()
        recorded = self._recorded(name)
        while recorded < expected and time.monotonic() - moved < STANDSTILL_SECONDS:
            time.sleep(LOOK_SECONDS)
            last, recorded = recorded, self._recorded(name)
            moved = time.monotonic() if recorded != last else moved
        return time.monotonic() - began, recorded

    def _recorded(self, name: str) -> int:
        row = self._database.execute(RECORDED[name]).fetchone()
        assert row
        return int(row[0])
