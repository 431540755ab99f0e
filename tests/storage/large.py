"""Put a file of 64 MB into a store and read it back, in a process of its own; print what it took, as JSON.

python large.py filesystem FOLDER
python large.py s3 BUCKET ENDPOINT_URL
"""

import json
import sys
from hashlib import sha256

from handoff.storage import Storage, provider
from tests.fetch.memory import most_memory

SIZE = 64 * 1024 * 1024


def opened(name: str, place: str, *rest: str) -> Storage:
    if name == "filesystem":
        return provider(name)(place, signing_key="k" * 32, url="http://localhost/storage")  # type: ignore[call-arg]
    else:
        return provider(name)(place, endpoint_url=rest[0])  # type: ignore[call-arg]


storage = opened(*sys.argv[1:])
storage.put("large/warm-up", [b"x"], "application/pdf")
before = most_memory()
stored = storage.put("large/file", (bytes(65_536) for _ in range(SIZE // 65_536)), "application/pdf")
digest = sha256()
with storage.open("large/file") as stream:
    for chunk in stream:
        digest.update(chunk)
storage.delete("large/file")
grown = most_memory() - before
print(json.dumps({"size": stored.size, "put": stored.sha256, "read": digest.hexdigest(), "grown": grown}))
