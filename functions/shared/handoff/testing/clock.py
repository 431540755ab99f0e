"""The queue's time, as the suite sees it."""

import time


class Clock:
    """Real time. A queue of this machine, whose time can be moved, has a `clock` fixture that gives another."""

    def now(self) -> float:
        """Unix time in seconds, by the queue."""
        return time.time()

    def skip(self) -> None:
        """Called again and again while the suite waits: where the queue is waiting and does nothing else, move its time
        to the next moment that it waits for. Where anything is under way, do nothing."""
