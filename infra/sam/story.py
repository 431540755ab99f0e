"""What is shown through `sam local`: what is refused, an export from the click to the file, a message that was lost."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from infra.local.services import Service
from infra.sam.talk import Talk, UnmetError, must

Json = dict[str, Any]

EXPORTS = "/api/exports"
DELIVERY = re.compile(r'"POST (/api/jobs/produce_export) HTTP/1\.\d" (\d{3})')
LOOKS = 20
FINAL = ("ready", "failed", "canceled", "timed_out")


async def refusals(talk: Talk) -> None:
    """What is not allowed, said in our own words; before there is a session and after."""
    await talk.ask("GET", "/api/health", 200, "the database answers")
    await talk.refused("POST", EXPORTS, 401, "no-session", "without a session", json={})
    await talk.ask("GET", "/api/session", 200, "a session begins")
    await talk.refused("POST", "/api/session", 401, "invalid-token", "signing in without a token")
    json_type = {"Content-Type": "application/json"}
    await talk.refused("POST", EXPORTS, 400, "malformed-json", "no JSON", content=b"{", headers=json_type)
    await talk.refused("POST", EXPORTS, 422, "invalid-body", "a field of a wrong type", json={"document": 5})
    await talk.refused("POST", EXPORTS, 422, "unknown-document", "an unknown document", json={"document": "none"})
    await talk.refused("GET", "/api/no/such/path", 404, "not-found", "an unknown path")
    await talk.refused("DELETE", EXPORTS, 405, "method-not-allowed", "an unknown method")
    await talk.refused("GET", f"{EXPORTS}/{uuid.uuid4()}", 404, "not-found", "nobody's export")
    await talk.refused("POST", "/api/jobs/produce_export", 401, "unsigned-delivery", "a forged delivery", json={})


async def export(talk: Talk, api_log: Callable[[], str]) -> Json:
    """From the click to the link: the ready run. api_log: SAM's, where the queue's requests are seen."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    asked = (await talk.ask("POST", EXPORTS, 202, "asked for", json={}, headers=headers)).json()
    again = (await talk.ask("POST", EXPORTS, 202, "the same key: the same one", json={}, headers=headers)).json()
    must(again == asked, "the same Idempotency-Key gave another export")
    run = await until_ready(talk, asked["href"])
    talk.note(f"The queue's own, as SAM logged it: {await delivery(api_log)}")
    page = (await talk.ask("GET", EXPORTS, 200, "the history")).json()
    must([item["id"] for item in page["items"]][:1] == [asked["id"]], "the history does not have it")
    return run


async def delivery(api_log: Callable[[], str]) -> str:
    """The line about the queue's request; SAM writes it a moment after its answer."""
    for _ in range(LOOKS):
        for path, status in DELIVERY.findall(api_log()):
            if status == "200":
                return f"POST {path} {status}"
        await asyncio.sleep(0.5)
    raise UnmetError("the queue's delivery did not come through SAM's port")


async def until_ready(talk: Talk, href: str) -> Json:
    etag = ""
    for _ in range(LOOKS):
        headers = {"Prefer": "wait=8"} | ({"If-None-Match": etag} if etag else {})
        answer = await talk.ask("GET", href, 200, "waiting", headers=headers)
        run: Json = answer.json()
        etag = answer.headers["etag"]
        if run["state"] in FINAL:
            must(run["state"] == "ready", f"the export ended as {run['state']}: {run.get('problem')}")
            return run
    raise UnmetError("the export did not become ready")


async def links(talk: Talk, run: Json, expected: bytes) -> None:
    """The file, a part of it, a fresh link, its revocation, and a guess."""
    url = run["links"][0]["url"]
    whole = await talk.ask("GET", url, 200, "the file")
    must(whole.content == expected, "the file is not the source's, byte by byte")
    must(whole.headers["cache-control"] == "private, no-store", "the file may be cached")
    head = await talk.ask("HEAD", url, 200, "its headers")
    must(head.headers["content-length"] == str(len(expected)) and not head.content, "HEAD tells another length")
    part = await talk.ask("GET", url, 206, "a part of it", headers={"Range": "bytes=100-299"})
    must(part.headers["content-range"] == f"bytes 100-299/{len(expected)}", part.headers["content-range"])
    must(part.content == expected[100:300], "the part is not the file's")
    fresh = (await talk.ask("POST", f"{EXPORTS}/{run['id']}/links", 201, "a fresh link")).json()
    whole = await talk.ask("GET", fresh["url"], 200, "works at once")
    must(whole.content == expected, "the fresh link's file differs")
    await talk.ask("DELETE", f"/api/links/{fresh['id']}", 204, "revoked")
    await talk.refused("GET", fresh["url"], 410, "link-revoked", "is gone at once")
    await talk.refused("GET", f"{fresh['url'][:-1]}!", 404, "link-unknown", "a wrong token")
    await talk.ask("GET", url, 200, "the first link still works")


async def lost_message(talk: Talk, queue: Service, sweep: Callable[[], Awaitable[Json]]) -> None:
    """The queue is away at the click. sweep: runs the function that on AWS the clock runs."""
    await asyncio.to_thread(queue.stop)
    asked = (await talk.ask("POST", EXPORTS, 202, "asked for while the queue is away", json={})).json()
    await asyncio.to_thread(queue.start)
    waiting = (await talk.ask("GET", asked["href"], 200, "is kept")).json()
    must(waiting["state"] == "queued", f"an export that nobody delivered is {waiting['state']}")
    done = await sweep()
    # More than this one where an earlier try of ours was cut short.
    must(done.get("publish due messages", 0) >= 1, f"the sweep did {done}")
    talk.note(f"`sam local invoke SweepFunction` sent it again: {done}")
    await until_ready(talk, asked["href"])
