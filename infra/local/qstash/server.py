"""HTTP in front of the service: error bodies, and a uvicorn server bound to the loopback only."""

import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator

import anyio
import anyio.lowlevel
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from infra.local.qstash.api import ROUTES
from infra.local.qstash.authentication import RequireToken
from infra.local.qstash.errors import QStashError
from infra.local.qstash.service import Service

HOST = "127.0.0.1"


def make_app(make_service: Callable[[], Service]) -> Starlette:
    """The application; `make_service` is called in the event loop that will serve it."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await anyio.lowlevel.checkpoint()  # loads anyio's backend, 80 ms the first delivery would otherwise wait
        app.state.service = service = make_service()
        try:
            yield
        finally:
            await service.close()

    app = Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        middleware=[Middleware(RequireToken, refuse=_refuse)],
        exception_handlers={QStashError: _refuse, HTTPException: _refuse_route, Exception: _break},
    )
    app.router.redirect_slashes = False  # a destination may end in a slash
    return app


def bind(port: int) -> socket.socket:
    """A socket on the loopback; port 0 takes a free one. OSError when it is taken."""
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, each answer takes 40 ms more.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError:
        bound.close()
        raise
    return bound


class Server(uvicorn.Server):
    """Says on stdout when it is ready, ends at once and with status 0 on SIGINT and SIGTERM."""

    def __init__(self, app: ASGIApp, announce: Callable[[str], None] | None = None) -> None:
        config = uvicorn.Config(
            app,
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=75,  # publishers keep connections; closing one as they write would fail a publish
        )
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, then announce the URL."""
        await super().startup(sockets=sockets)
        if self._announce and self.started and sockets:
            host, port = sockets[0].getsockname()
            self._announce(json.dumps({"url": f"http://{host}:{port}"}))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn raises the signal again when it is done, ending the process as if killed; we end normally."""
        loop = asyncio.get_running_loop()
        # Outside the main thread, as in tests, that is refused; whoever started us sets should_exit.
        with contextlib.suppress(RuntimeError, ValueError):
            for signum in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(signum, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True


def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, QStashError)
    return JSONResponse({"error": str(error)}, status_code=error.status)


def _refuse_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail.lower()}, status_code=error.status_code, headers=error.headers)


def _break(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "internal error"}, status_code=500)
