"""Looks for secrets where they must not be, in every spelling in which they could be there."""

import base64
import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote


def spellings(canary: str) -> set[bytes]:
    """Raw, URL-, base64- (at each of the three alignments, both alphabets) and JSON-escaped."""
    raw = canary.encode()
    found = {raw, quote(canary, safe="").encode(), quote(canary).encode(), json.dumps(canary)[1:-1].encode()}
    found.add(canary.replace("/", "\\/").encode())
    for offset in range(3):
        # Whatever stands before, the characters that depend on the canary alone are the same.
        encoded = base64.b64encode(b"\0" * offset + raw)
        start, end = {0: 0, 1: 2, 2: 3}[offset], len(encoded) - (4 if (len(raw) + offset) % 3 else 0)
        inner = encoded[start:end]
        found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return {spelling for spelling in found if len(spelling) >= 12}


def find(canaries: Mapping[str, str], sinks: Mapping[str, bytes]) -> list[str]:
    """Which canary is in which sink, as "name in sink"."""
    return sorted(set(_find(canaries, sinks)))


def _find(canaries: Mapping[str, str], sinks: Mapping[str, bytes]) -> Iterator[str]:
    for name, canary in canaries.items():
        for spelling in spellings(canary):
            yield from (f"{name} in {sink}" for sink, content in sinks.items() if spelling in content)
