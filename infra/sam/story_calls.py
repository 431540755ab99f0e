"""What is shown of calls through `sam local`: two that a carrier tells of, the one without its end, and the report."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from infra.local.webhook import signed
from infra.sam.story import EXPORTS, LOOKS, until_ready
from infra.sam.talk import Talk, UnmetError, must

EVENTS, FAILURES = "/events", "/events/failures?max_call=1h&window=2h"


async def calls(talk: Talk, secret: str) -> None:
    """secret: what the carrier signs with."""
    lost, whole = f"lost-{uuid4().hex[:8]}", f"whole-{uuid4().hex[:8]}"
    unsigned = event("started", lost)
    await talk.refused("POST", EVENTS, 401, "unsigned-event", "an event that nobody signed", json=unsigned)
    for told in (event("started", lost), event("started", whole), event("ended", whole)):
        body = json.dumps(told).encode()
        about = f"{told['data']['call_id']}: {told['type']}"
        await talk.ask("POST", EVENTS, 202, about, content=body, headers=signed(f"msg_{uuid4().hex}", body, secret))
    missing = await until_told(talk, lost)
    must(missing["carrier"] == "generic", f"the carrier is {missing['carrier']}")
    found = (await talk.ask("GET", "/api/calls", 200, "all calls")).json()["items"]
    endings = {call["call_id"]: call["ended_at"] for call in found}
    must(bool(endings.get(whole)) and endings.get(lost, "") is None, "one has ended, the other has not")
    wish = {"document": "call-report", "parameters": {"time_zone": "Europe/Berlin"}}
    asked = (await talk.ask("POST", EXPORTS, 202, "a report of them", json=wish)).json()
    run = await until_ready(talk, asked["href"])
    report = await talk.ask("GET", run["links"][0]["url"], 200, "the report")
    must(report.content.startswith(b"%PDF-"), "it is no PDF")
    await talk.ask("POST", f"/api/calls/{missing['id']}/end", 200, "an operator's word that it is over")
    left = (await talk.ask("GET", FAILURES, 200, "so it is missing no more")).json()["items"]
    must(lost not in {call["call_id"] for call in left}, "it is still missing")


async def until_told(talk: Talk, call_id: str) -> dict[str, Any]:
    """The call, once the queue has brought its event."""
    for _ in range(LOOKS):
        items = (await talk.ask("GET", FAILURES, 200, "calls without their end")).json()["items"]
        if found := [call for call in items if call["call_id"] == call_id]:
            missing: dict[str, Any] = found[0]
            return missing
        await asyncio.sleep(0.5)
    raise UnmetError("the event was not recorded")


def event(kind: str, call_id: str) -> dict[str, Any]:
    """A call that began 90 minutes ago, and one that was over two minutes later."""
    at = datetime.now(UTC) - timedelta(minutes=90 if kind == "started" else 88)
    return {"type": f"call.{kind}", "timestamp": at.isoformat(), "data": {"call_id": call_id}}
