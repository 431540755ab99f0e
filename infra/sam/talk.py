"""Requests to the functions under SAM, each written down: method, path, status, time."""

from __future__ import annotations

import json
import time
from types import TracebackType
from typing import Any

import httpx

from infra.local.terminal import GREEN, RED, Terminal

TOKEN_SHOWN = 6
PROBLEM = "application/problem+json"


class UnmetError(Exception):
    """Something was not as it should be. The message says what."""


class Talk:
    """One person's requests: the cookie is kept."""

    def __init__(self, url: str, out: Terminal) -> None:
        self._out = out
        self._client = httpx.AsyncClient(base_url=url, timeout=60, trust_env=False)
        self.count = 0

    async def __aenter__(self) -> Talk:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    def become(self, cookies: httpx.Cookies) -> None:
        """The person that these are of."""
        self._client.cookies = cookies

    async def ask(self, method: str, url: str, status: int, about: str, **options: Any) -> httpx.Response:
        """The answer, which must have this status. Raises UnmetError."""
        began = time.monotonic()
        answer = await self._client.request(method, url, **options)
        self.count += 1
        seconds, path = time.monotonic() - began, shortened(answer.request.url.path)
        what = f"{method} {path}"
        self._out.line(
            f"  {method:<6} {path:<58} {answer.status_code} {seconds * 1000:6.0f} ms  {about}",
            GREEN if answer.status_code == status else RED,
        )
        # SAM answers 200 with this where Lambda's caller would have had a 500.
        if "errorMessage" in body_of(answer):
            raise UnmetError(f"{what}: the function failed: {answer.text[:300]}")
        if answer.status_code != status:
            raise UnmetError(f"{what} answered {answer.status_code} in place of {status}: {answer.text[:300]}")
        return answer

    async def refused(self, method: str, url: str, status: int, problem: str, about: str, **options: Any) -> None:
        """As `ask`, and the body is our own problem+json of this type: not a word of SAM's."""
        answer = await self.ask(method, url, status, about, **options)
        body = body_of(answer)
        must(answer.headers["content-type"] == PROBLEM, f"{about}: it is {answer.headers['content-type']}")
        must(body.get("type", "").endswith(problem), f"{about}: its type is {body.get('type')}")
        must(body.get("status") == status and bool(body.get("title")), f"{about}: {body}")

    def note(self, text: str) -> None:
        self._out.note(text)


def body_of(answer: httpx.Response) -> dict[str, Any]:
    """A JSON object; empty where it is something else."""
    try:
        found = json.loads(answer.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def shortened(path: str) -> str:
    """A token stays out of terminals and logs, whoever's it is."""
    start, found, token = path.partition("/download/")
    return f"{start}{found}{token[:TOKEN_SHOWN]}…" if found else path


def must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise UnmetError(otherwise)
