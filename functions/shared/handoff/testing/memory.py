"""How much memory a process has taken at most."""

import re
import resource
from pathlib import Path


def most_memory() -> int:
    """Return the most bytes this process has held since it began.

    Not getrusage on Linux: there a new process starts from what its parent held.
    """
    status = Path("/proc/self/status")
    if status.exists():
        peak = re.search(r"^VmHWM:\s*(\d+) kB$", status.read_text(), re.MULTILINE)
        assert peak is not None
        return int(peak[1]) * 1024
    else:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS (getrusage(2))
