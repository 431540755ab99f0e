"""Put a large file into a store and read it back, in a process of its own; tell what it took, as JSON.

Standard input: {"provider": "module:Class", "arguments": {...}, "size": bytes}.
"""

import json
import sys
from hashlib import sha256
from importlib import import_module
from operator import attrgetter
from typing import Any

from handoff.storage import Storage
from handoff.testing.memory import most_memory

CHUNK = 65_536


def main(asked: dict[str, Any]) -> dict[str, Any]:
    module, _, name = asked["provider"].partition(":")
    storage: Storage = attrgetter(name)(import_module(module))(**asked["arguments"])
    storage.put("large/warm-up", [b"x"], "application/pdf")
    before = most_memory()
    stored = storage.put("large/file", (bytes(CHUNK) for _ in range(asked["size"] // CHUNK)), "application/pdf")
    digest = sha256()
    with storage.open("large/file") as stream:
        for chunk in stream:
            digest.update(chunk)
    storage.delete("large/file")
    grown = most_memory() - before
    return {"size": stored.size, "put": stored.sha256, "read": digest.hexdigest(), "grown": grown}


if __name__ == "__main__":
    json.dump(main(json.load(sys.stdin)), sys.stdout)
