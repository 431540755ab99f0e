"""One export, as a person would have it: asked for, waited for, downloaded; in the terminal."""

from __future__ import annotations

import time
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from infra.local.terminal import GREEN, Terminal

# The page waits as long; the run's own deadline ends it before.
GIVE_UP_SECONDS = 1200.0
WAIT = "wait=20"
UNFINISHED = ("queued", "running")
WORDS = {"queued": "queued", "running": "working"}

Json = dict[str, Any]


class ExportError(Exception):
    """The export did not end with a file. The message is for the person."""


async def export(page: str, folder: Path, out: Terminal, *, server_ends: bool = False) -> Path:
    """Runs one export through the page's own requests; answers with the file, in `folder`. Raises ExportError."""
    try:
        async with httpx.AsyncClient(base_url=page, timeout=60, trust_env=False) as client:
            began = time.monotonic()
            await ask(client, "GET", "/api/session")
            asked = await ask(client, "POST", "/api/exports", json={}, headers={"Idempotency-Key": str(uuid.uuid4())})
            run = await follow(client, asked["href"], began, out)
            link = run["links"][0]
            out.row("link", link["url"])
            left = f"works for {seconds_left(link, run)} s more"
            out.row("", f"{left}, but this server ends now" if server_ends else left)
            return await download(client, link["url"], run["file"], folder)
    except httpx.HTTPError as error:
        raise ExportError(f"{type(error).__name__}: {error}") from error


async def follow(client: httpx.AsyncClient, href: str, began: float, out: Terminal) -> Json:
    """The ready run. Says each change as it comes."""
    etag, shown = "", None
    while time.monotonic() - began < GIVE_UP_SECONDS:
        headers = {"Prefer": WAIT} | ({"If-None-Match": etag} if etag else {})
        response = await client.get(href, headers=headers)
        if response.status_code == httpx.codes.NOT_MODIFIED:
            out.row(f"{time.monotonic() - began:7.2f} s", "no change yet")
            continue
        run = read(response)
        etag = response.headers.get("etag", "")
        state = run["state"]
        if (state, run["attempt"]) != shown:
            shown = (state, run["attempt"])
            out.row(f"{time.monotonic() - began:7.2f} s", describe(run), GREEN if state == "ready" else "")
        if state == "ready":
            return run
        if state not in UNFINISHED:
            raise ExportError(f"The export ended as {state}: {problem(run)}")
    raise ExportError(f"The export was still not ready after {GIVE_UP_SECONDS:.0f} s.")


async def download(client: httpx.AsyncClient, url: str, file: Json, folder: Path) -> Path:
    """Saves the bytes behind a link under the file's own name."""
    target = folder / Path(file["name"]).name
    async with client.stream("GET", url, follow_redirects=True) as response:
        if response.status_code != httpx.codes.OK:
            raise ExportError(f"The link answered {response.status_code}.")
        with target.open("wb") as opened:
            async for chunk in response.aiter_bytes():
                opened.write(chunk)
    if target.stat().st_size != file["size"]:
        raise ExportError(f"The link gave {target.stat().st_size} bytes of {file['size']}.")
    return target


async def ask(client: httpx.AsyncClient, method: str, path: str, **options: Any) -> Json:
    return read(await client.request(method, path, **options))


def read(response: httpx.Response) -> Json:
    """The body of an answer; an error's is problem+json (RFC 9457), unless the gateway itself gave it."""
    if response.is_success:
        body: Json = response.json()
        return body
    try:
        about = response.json()
    except ValueError:
        about = {}
    title = about.get("title") or about.get("message") or response.reason_phrase
    reference = f" (reference {about['reference']})" if "reference" in about else ""
    raise ExportError(
        f"{response.request.method} {response.request.url.path}: {response.status_code} {title}{reference}"
    )


def describe(run: Json) -> str:
    state: str = run["state"]
    words = WORDS.get(state, state)
    if state == "running" and run["attempt"] > 1:
        words += f", attempt {run['attempt']} of {run['max_attempts']}: {problem(run)}"
    return words


def problem(run: Json) -> str:
    about = run.get("problem")
    return f"{about['title']} (reference {about['reference']})" if about else "no reason is known"


def seconds_left(link: Json, run: Json) -> int:
    """By the server's clock; this machine's may be wrong."""
    left = datetime.fromisoformat(link["expires_at"]) - datetime.fromisoformat(run["server_time"])
    return round(left.total_seconds())
