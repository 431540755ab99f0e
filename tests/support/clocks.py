"""Clocks that a test moves: libfaketime, preloaded into a process, says what time it is there.

https://github.com/wolfcw/libfaketime#4-usage-examples
"""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ALWAYS = {
    "FAKETIME_NO_CACHE": "1",  # without it, a change is seen up to ten seconds late
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # waits and time limits go on as they are
    "TZ": "UTC",  # moments are read in the process's own time zone
}


def moved_clock(seconds: float) -> dict[str, str]:
    """The environment of a process whose clock is that far ahead, or behind."""
    return {**_preloaded(), "FAKETIME": f"{seconds:+f}"}


class DatabaseClock:
    """The clock of a Postgres server that was started with `environment`."""

    def __init__(self, folder: Path) -> None:
        """The server's user must be able to read the folder."""
        self._file = folder / "clock"
        self.run()

    @property
    def environment(self) -> dict[str, str]:
        return {**_preloaded(), "FAKETIME_TIMESTAMP_FILE": str(self._file)}

    def stop_at(self, moment: datetime) -> None:
        """Stand still at that moment, to the microsecond."""
        # Half a microsecond more: libfaketime reads the fraction as a float and cuts off what it cannot hold.
        self._write(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}5")

    def stop_in_life(self, link: Mapping[str, Any], seconds: float) -> datetime:
        """Stand still so long after the link was made."""
        moment = datetime.fromisoformat(link["created_at"]) + timedelta(seconds=seconds)
        self.stop_at(moment)
        return moment

    def run(self, ahead: timedelta = timedelta()) -> None:
        """Go on, so far ahead of this machine's own clock."""
        self._write(f"{ahead.total_seconds():+f}")

    def _write(self, text: str) -> None:
        # Replaced whole: the server reads it at any moment.
        new = self._file.with_suffix(".new")
        new.write_text(text + "\n")
        new.chmod(0o644)
        new.replace(self._file)


def _preloaded() -> dict[str, str]:
    spec = find_spec("libfaketime")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "vendor" / "libfaketime" / "src"
    if sys.platform == "darwin":
        return {**ALWAYS, "DYLD_INSERT_LIBRARIES": str(folder / "libfaketime.1.dylib")}
    return {**ALWAYS, "LD_PRELOAD": str(folder / "libfaketime.so.1")}
