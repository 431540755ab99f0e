"""The signed URLs of the file system store: GET and HEAD /storage/{key}. On AWS this is S3 itself."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from handoff.links.ranges import parse_range
from handoff.storage import FileAbsentError, KeyRefusedError, SignatureRefusedError, StorageUnavailableError, attachment
from handoff.storage.filesystem import FilesystemStorage
from handoff.storage.url_signer import SignedRead

PREFIX = "/storage/"
HEADERS = {
    "cache-control": "private, no-store",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
# In S3's order of asking: the signature first, so that without one nothing is learnt of what is there.
FAILURES: dict[type[Exception], int] = {
    SignatureRefusedError: 403,
    KeyRefusedError: 404,
    FileAbsentError: 404,
    StorageUnavailableError: 503,
}


class SignedFiles:
    def __init__(self, storage: FilesystemStorage) -> None:
        self._storage = storage

    async def respond(self, scope: Mapping[str, Any], send: Any) -> int:
        """Sends the whole response, in pieces, and returns its status."""
        method, key = scope["method"], scope["path"].removeprefix(PREFIX)
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with ExitStack() as opened:
            try:
                allowed = self._storage.verify_signed(key, query, datetime.now(UTC), method=method)
                size = (await asyncio.to_thread(self._storage.stat, key)).size
                etag = f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"'
                status, start, end = choose_range(headers, etag, size)
                stream = None
                if method == "GET" and status != 416 and size:
                    stream = await asyncio.to_thread(opened.enter_context, self._storage.open(key, start, end))
            except tuple(FAILURES) as error:
                return await send_text(send, FAILURES[type(error)])
            await send(start_message(status, describe(allowed, etag, status, start, end, size)))
            chunks = iter(stream or ())
            while chunk := await asyncio.to_thread(next, chunks, b""):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body"})
            return status


def choose_range(headers: Mapping[str, str], etag: str, size: int) -> tuple[int, int, int]:
    """Status, start and end (exclusive), by the rules of /download."""
    asked = parse_range(headers.get("range"))
    if asked is None or headers.get("if-range", etag) != etag:
        return 200, 0, size
    found = asked.within(size)
    return (206, *found) if found else (416, 0, size)


def describe(allowed: SignedRead, etag: str, status: int, start: int, end: int, size: int) -> dict[str, str]:
    if status == 416:
        return {**HEADERS, "content-range": f"bytes */{size}", "content-length": "0"}
    about = {
        "accept-ranges": "bytes",
        "content-disposition": attachment(allowed.filename),
        "content-length": str(end - start),
        "content-type": allowed.content_type,
        "etag": etag,
    }
    if status == 206:
        about["content-range"] = f"bytes {start}-{end - 1}/{size}"
    return {**HEADERS, **about}


async def send_text(send: Any, status: int) -> int:
    await send(start_message(status, {**HEADERS, "content-type": "text/plain; charset=utf-8"}))
    await send({"type": "http.response.body", "body": b"This address gives no file.\n"})
    return status


def start_message(status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": encoded}
