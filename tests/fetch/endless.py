"""Fetch a URL of this machine in a process of its own and print how it ended and what it took, as JSON.

python endless.py HOST:PORT MAX_BYTES
"""

import json
import resource
import sys

from handoff.fetch import FetchError, open_source

_, authority, max_bytes = sys.argv
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
received, outcome = 0, None
try:
    with open_source(
        f"http://{authority}/",
        allowed_hosts=["127.0.0.1"],
        loopback_exception=authority,
        max_bytes=int(max_bytes),
        time_limit_seconds=20,
    ) as source:
        for chunk in source:
            received += len(chunk)
except FetchError as error:
    outcome = error.outcome
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
# Linux counts in KiB, macOS in bytes (getrusage(2)).
print(
    json.dumps({"outcome": outcome, "received": received, "grown": grown * (1 if sys.platform == "darwin" else 1024)})
)
