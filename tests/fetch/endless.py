"""Fetch a URL of this machine in a process of its own and print how it ended and what it took, as JSON.

python endless.py HOST:PORT MAX_BYTES
"""

import json
import sys

from handoff.fetch import FetchError, SourceFetcher
from handoff.testing.memory import most_memory

_, authority, max_bytes = sys.argv
before = most_memory()
received, outcome = 0, None
try:
    fetcher = SourceFetcher(
        allowed_hosts=["127.0.0.1"], loopback_exception=authority, max_bytes=int(max_bytes), time_limit_seconds=20
    )
    with fetcher.open(f"http://{authority}/") as source:
        for chunk in source:
            received += len(chunk)
except FetchError as error:
    outcome = error.outcome
grown = most_memory() - before
print(json.dumps({"outcome": outcome, "received": received, "grown": grown}))
