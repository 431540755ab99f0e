"""The HTTP of it. Each request has a thread: most of them wait."""

from __future__ import annotations

import base64
import json
import secrets
import select
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.local.openai import HOST_AND_PORT, errors, requests, wishes
from infra.local.openai.errors import Refusal, RefusedError
from infra.local.ports import HOST, leads_nowhere_else

PATH = "/v1/images/generations"
LARGEST_REQUEST_BYTES = 1_000_000
TIMES_THE_DELAY = {"low": 0.7, "medium": 1.0, "high": 1.4, "xhigh": 1.7, "max": 2.0}
TOO_LARGE_BYTES, BEYOND_A_CALLBACK_BYTES = 1_500_000, 5_000_000
KEPT = 100
"""Pictures that can still be fetched from their URL."""


@dataclass
class Mock:
    """What all requests share. `delay`: seconds for a picture of medium quality."""

    key: str
    delay: float
    url: str = ""
    wishes: wishes.Wishes = field(init=False)
    pictures: OrderedDict[str, bytes] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.wishes = wishes.Wishes(self.wait_seconds)

    @property
    def wait_seconds(self) -> int:
        """What a rate limit asks for."""
        return max(1, round(self.delay))

    def keep(self, picture: bytes, kind: str) -> str:
        """The URL at which it is from now on."""
        name = f"{secrets.token_hex(8)}.{kind}"
        self.pictures[name] = picture
        while len(self.pictures) > KEPT:
            self.pictures.popitem(last=False)
        return f"{self.url}/pictures/{name}"


def make_server(port: int, mock: Mock) -> ThreadingHTTPServer:
    class Handler(_Handler):
        pass

    Handler.mock = mock
    server = ThreadingHTTPServer((HOST, port), Handler)
    mock.url = f"http://{HOST}:{server.server_address[1]}"
    return server


class _Handler(BaseHTTPRequestHandler):
    mock: Mock

    def do_POST(self) -> None:
        began = time.monotonic()
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST_REQUEST_BYTES + 1))
        failure = None
        try:
            wanted = self._admitted(body)
            failure = self.mock.wishes.failure(wanted.prompt)
            self._take_time(wanted)
            if failure is not None and failure in wishes.REFUSALS:
                raise RefusedError(wishes.REFUSALS[failure])
            status = self._answer(wanted, failure)
        except RefusedError as error:
            status = error.refusal.status
            self._refuse(error.refusal)
        milliseconds = round((time.monotonic() - began) * 1000)
        _log("call", status=status, failure=failure, milliseconds=milliseconds)

    def do_GET(self) -> None:
        picture = self.mock.pictures.get(self.path.removeprefix("/pictures/"))
        if picture is None or not leads_nowhere_else(self.headers.get("Host", "")):
            self._refuse(errors.NOT_FOUND)
            return
        self._send(200, picture, f"image/{self.path.rpartition('.')[2]}")

    def _admitted(self, body: bytes) -> requests.Wanted:
        """Raises RefusedError."""
        host = self.headers.get("Host", "")
        if not leads_nowhere_else(host) and host not in (HOST_AND_PORT, HOST_AND_PORT.partition(":")[0]):
            raise RefusedError(errors.NOT_FOUND)
        if self.path != PATH:
            raise RefusedError(errors.NOT_FOUND)
        scheme, _, key = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise RefusedError(errors.NO_KEY)
        if not secrets.compare_digest(key.strip().encode("latin-1"), self.mock.key.encode()):
            raise RefusedError(errors.KEY)
        if len(body) > LARGEST_REQUEST_BYTES:
            raise RefusedError(errors.TOO_LARGE)
        return requests.read(body)

    def _take_time(self, wanted: requests.Wanted) -> None:
        time.sleep(self.mock.delay * TIMES_THE_DELAY[wanted.quality] * (10 if wishes.is_slow(wanted.prompt) else 1))

    def _answer(self, wanted: requests.Wanted, failure: str | None) -> int | None:
        """The status; None where nothing is answered."""
        if failure == "never":
            select.select([self.connection], [], [])  # until whoever asked hangs up
        if failure in ("never", "hang up"):
            self.close_connection = True
            return None
        if failure == "unreadable":
            self._send(200, b"<html><body>It works!</body></html>", "text/html")
            return 200
        answer = json.dumps(self._images(wanted, failure)).encode()
        self._send(200, answer[: len(answer) // 2] if failure == "truncated" else answer, "application/json")
        return 200

    def _images(self, wanted: requests.Wanted, failure: str | None) -> dict[str, Any]:
        pictures = [_picture(wanted, failure) for _ in range(wanted.count)]
        by_url = wishes.is_by_url(wanted.prompt)
        tokens = {"text_tokens": len(wanted.prompt) // 4 + 1, "image_tokens": 0}
        made = 1000 * wanted.count
        return {
            "created": int(time.time()),
            "background": "transparent" if wanted.background == "transparent" else "opaque",
            "data": [
                {"url": self.mock.keep(picture, wanted.format)}
                if by_url
                else {"b64_json": base64.b64encode(picture).decode()}
                for picture in pictures
            ],
            "output_format": wanted.format,
            "quality": wanted.quality,
            "size": f"{wanted.width}x{wanted.height}",
            "usage": {
                "input_tokens": tokens["text_tokens"],
                "input_tokens_details": tokens,
                "output_tokens": made,
                "total_tokens": tokens["text_tokens"] + made,
            },
        }

    def _refuse(self, refusal: Refusal) -> None:
        wait = {"Retry-After": str(self.mock.wait_seconds)} if refusal == errors.RATE_LIMIT else {}
        self._send(refusal.status, json.dumps(refusal.body).encode(), "application/json", **wait)

    def _send(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        told = {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}
        try:
            self.send_response(status)
            for name, value in {**told, "x-request-id": f"req_{secrets.token_hex(16)}"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # whoever asked did not wait

    def version_string(self) -> str:
        return "handoff-openai-mock"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing; `_log` says what happened, without prompts."""


def _picture(wanted: requests.Wanted, failure: str | None) -> bytes:
    # Imported on use: the first picture is not made before somebody asks for it.
    from infra.local.openai.drawing import draw, noise

    match failure:
        case "not an image":
            return b"<html><body>no picture</body></html>"
        case "too large":
            return noise(TOO_LARGE_BYTES)
        case "beyond a callback":
            return noise(BEYOND_A_CALLBACK_BYTES)
        case _:
            return draw(wanted)


def _log(event: str, **fields: object) -> None:
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "service": "openai", "event": event, **fields}
    sys.stderr.write(json.dumps(line) + "\n")  # at once: requests share it
