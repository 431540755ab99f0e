"""The very handlers Lambda runs, called with the events API Gateway sends."""

import asyncio
import atexit
import base64
import importlib.util
import json
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from tests.support.conformance import hold

# Mangum runs every request on the thread's current loop, and a container's connections belong to the one they began on.
LOOP = asyncio.new_event_loop()
atexit.register(LOOP.close)

FUNCTIONS = Path(__file__).parents[2] / "functions"
LOADED = "_app_"
"""In the name of a loaded module: before it stands the function's."""


def load_function(name: str, environment: Mapping[str, str]) -> ModuleType:
    """A cold start: a fresh module of functions/<name>/app.py that reads this environment."""
    use_loop()
    spec = importlib.util.spec_from_file_location(f"{name}{LOADED}{uuid4().hex}", FUNCTIONS / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    with patch.dict(os.environ, environment):
        spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Answer:
    """What API Gateway would send on."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def event(
    method: str,
    path: str,
    *,
    body: bytes | str | Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    cookies: list[str] | None = None,
    query: str = "",
) -> dict[str, Any]:
    """An event in API Gateway's payload format 2.0."""
    given = {name.lower(): value for name, value in (headers or {}).items()}
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} /test",
        "rawPath": path,
        "rawQueryString": query,
        "headers": given,
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1"},
            "routeKey": f"{method} /test",
            "requestId": uuid4().hex,
        },
        "isBase64Encoded": False,
    }
    if cookies:
        made["cookies"] = cookies
    if isinstance(body, bytes):
        made |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    elif isinstance(body, str):
        made["body"] = body
    elif body is not None:
        made["body"] = json.dumps(body)
        given.setdefault("content-type", "application/json")
    return made


def invoke(module: ModuleType, sent: dict[str, Any]) -> Answer:
    """Call a web function's handler. Whatever a test is about, the answer is one that the contract has."""
    use_loop()
    context = SimpleNamespace(aws_request_id=str(uuid4()), function_name="test", memory_limit_in_mb=512)
    answer = module.handler(sent, context)
    body = answer.get("body") or ""
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    made = Answer(answer["statusCode"], answer.get("headers") or {}, answer.get("cookies") or [], raw)
    function, is_ours, _ = module.__name__.partition(LOADED)
    if is_ours:  # and not one that a test wrote for itself
        hold(function, sent["requestContext"]["http"]["method"], sent["rawPath"], made)
    return made


def use_loop() -> None:
    """Whatever ran before in the main thread, its loop is LOOP again. Other threads have loops of their own."""
    if threading.current_thread() is threading.main_thread():
        asyncio.set_event_loop(LOOP)


async def hang_up(module: ModuleType) -> None:
    """Close a container's connections to the queue, on the loop that opened them."""
    queue = vars(module.wiring).get("queue")
    client = vars(queue).get("_client") if queue is not None else None
    if client is not None:
        await client.http._client.aclose() if hasattr(client, "http") else client.close()
