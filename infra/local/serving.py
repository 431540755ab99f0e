"""Serves an ASGI application on a socket that already listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from socket import socket
from typing import Any

import uvicorn


@asynccontextmanager
async def served(app: Any, listener: socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="critical",
        # Nobody stands between us and the client: what X-Forwarded-For says is not who calls.
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class Server(uvicorn.Server):
    """Leaves the signals to the `handoff` command."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
