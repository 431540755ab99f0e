"""What happens around every request, the same in each function: headers, a size limit, one line in the log."""

import time
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handoff.telemetry import logger
from handoff.web.request_id import request_id

ALWAYS: Mapping[bytes, bytes] = {
    b"cache-control": b"private, no-store",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
}


class RequestMiddleware:
    """Outermost: an exception that gets here was answered already, so it is logged and goes no further."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 500
        # On every line of this request, whoever writes it; the domain adds the run it is about.
        logger.append_keys(request_id=request_id(scope))

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in ALWAYS.items() if name not in given),
                    (b"x-request-id", request_id(scope).encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            # Starlette answers first (problems.handle_unexpected), then raises again for servers that want to know.
            status = 500
        finally:
            logger.info(
                "request",
                route=_route(scope),
                status=status,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
            )
            logger.remove_keys(["request_id", "run"])


def _route(scope: Mapping[str, Any]) -> str:
    """The route's key, never the path: that of a download holds its token."""
    context = scope.get("aws.event", {}).get("requestContext", {})
    return str(context.get("routeKey") or scope["method"])
