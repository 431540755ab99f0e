"""The measurement: every variant of every function once a round, in an order shuffled anew for each."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.cold_start import ours, usual
from tests.bench.cold_start.container import Package, container, import_seconds
from tests.bench.cold_start.exchanges import Side, prepare
from tests.bench.cold_start.services import Services

OURS = Side(ours.cookie, ours.token, lambda run_id: {"id": str(run_id), "try": 1})
USUAL = Side(usual.cookie, usual.token, lambda run_id: {"id": str(run_id)})

Key = tuple[str, str]
"""Variant and function."""


@dataclass
class Samples:
    """Milliseconds, by measure, then by variant and function."""

    cold: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    """From the process's start to the whole first answer."""
    processor: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Of those, the time on a processor: what a busy machine changes least."""
    init: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    """From the process's start until it asks for its first event."""
    imported: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    """The handler's module alone."""
    warm: dict[Key, list[float]] = field(default_factory=lambda: defaultdict(list))
    """A further request to the same container."""


class Bench:
    """What measures; `settings` is the environment of each variant and function."""

    def __init__(
        self, packages: Mapping[Key, Package], settings: Callable[[Key], dict[str, str]], services: Services, log: Path
    ) -> None:
        self._packages = packages
        self._settings = settings
        self._services = services
        self._log = log

    def run(
        self, *, rounds: int, warm_calls: int, import_rounds: int, seed: int, report: Callable[[str], None]
    ) -> Samples:
        """A round that does not count, for the machine's caches, and then `rounds` that do."""
        samples, order = Samples(), random.Random(seed)
        self._round(Samples(), order, 1, with_import=False)
        for number in range(rounds):
            report(f"round {number + 1} of {rounds}")
            self._round(samples, order, warm_calls, with_import=number < import_rounds)
        return samples

    def _round(self, samples: Samples, order: random.Random, warm_calls: int, *, with_import: bool) -> None:
        turns = sorted(self._packages)
        order.shuffle(turns)
        for key in turns:
            self._measure(key, samples, warm_calls)
            if with_import:
                samples.imported[key].append(1000 * import_seconds(self._packages[key], self._settings(key)))

    def _measure(self, key: Key, samples: Samples, warm_calls: int) -> None:
        variant, function = key
        side = OURS if variant == "ours" else USUAL
        event, check = prepare(function, side, self._services)
        encrypted = self._services.front.encrypted
        with container(self._packages[key], self._settings(key), event, self._log) as running:
            check(running.first.body)
            if variant != "bare":
                assert self._services.front.encrypted > encrypted, "it did not use TLS"
            samples.cold[key].append(1000 * running.first_seconds)
            if running.processor_seconds is not None:
                samples.processor[key].append(1000 * running.processor_seconds)
            samples.init[key].append(1000 * running.init_seconds)
            for _ in range(warm_calls):
                event, check = prepare(function, side, self._services)
                reply, seconds = running.ask(event)
                check(reply.body)
                samples.warm[key].append(1000 * seconds)
