"""One event of a call, signed as a carrier signs it. It stays in the history, under a name that says what it was."""

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from infra.local.smoke.client import Client, SmokeError
from infra.local.smoke.sign_in import sign_in
from infra.local.webhook import signed

RECORDED_SECONDS = 60
LOOK_SECONDS = 0.5


def call_steps(client: Client) -> None:
    if not client.json("GET", "/api/session")["calls"]:
        client.skip("calls: there are none here")
        return
    call_id = f"smoke-{uuid.uuid4()}"
    body = json.dumps(_ended(call_id)).encode()
    unsigned = client.ask("POST", "/events", 401, 404, content=body, headers={"Content-Type": "application/json"})
    if unsigned.status_code == 404:
        client.skip("calls that are told of: no carrier of /events is set up here")
        return
    client.step("an event of a call that nobody signed is refused")
    if not client.given.call_secret:
        client.skip("calls that are told of: set CALL_WEBHOOK_SECRETS")
        return
    headers = signed(f"msg_{uuid.uuid4().hex}", body, client.given.call_secret)
    client.ask("POST", "/events", 202, content=body, headers=headers)
    client.step("a signed one is accepted")
    if (why_not := sign_in(client)) is not None:
        client.skip(f"what is recorded of calls: {why_not}")
        return
    _wait_for(client, call_id)
    client.step("it is recorded")


def _ended(call_id: str) -> dict[str, Any]:
    """An end alone: a start would be a call that never ended."""
    return {"type": "call.ended", "timestamp": datetime.now(UTC).isoformat(), "data": {"call_id": call_id}}


def _wait_for(client: Client, call_id: str) -> None:
    until = time.monotonic() + RECORDED_SECONDS
    while time.monotonic() < until:
        listed = client.json("GET", "/api/calls", params={"limit": 50})["items"]
        if any((call["call_id"], call["state"]) == (call_id, "ended") for call in listed):
            return
        time.sleep(LOOK_SECONDS)
    raise SmokeError(f"GET /api/calls: the call is not recorded after {RECORDED_SECONDS} s")
