"""Put a file of 64 MB into a store and read it back, in a process of its own; print what it took, as JSON.

python large.py filesystem FOLDER
python large.py s3 BUCKET ENDPOINT_URL
"""

import json
import resource
import sys
from hashlib import sha256
from itertools import repeat

from handoff.storage import Storage, provider

SIZE = 64 * 1024 * 1024


def opened(name: str, place: str, *rest: str) -> Storage:
    if name == "filesystem":
        return provider(name)(place, signing_key="k" * 32, url="http://localhost/storage")  # type: ignore[call-arg]
    else:
        return provider(name)(place, endpoint_url=rest[0])  # type: ignore[call-arg]


def memory() -> int:
    """Return the most that this process has ever held; Linux counts in KiB, macOS in bytes (getrusage(2))."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


storage = opened(*sys.argv[1:])
storage.put("large/warm-up", [b"x"], "application/pdf")
before = memory()
stored = storage.put("large/file", repeat(bytes(65_536), SIZE // 65_536), "application/pdf")
digest = sha256()
with storage.open("large/file") as stream:
    for chunk in stream:
        digest.update(chunk)
storage.delete("large/file")
grown = memory() - before
print(json.dumps({"size": stored.size, "put": stored.sha256, "read": digest.hexdigest(), "grown": grown}))
