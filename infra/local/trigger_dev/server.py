"""The management API, as much of it as Handoff asks for: https://trigger.dev/docs/management/overview"""

import hmac
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from infra.local.ports import leads_nowhere_else
from infra.local.trigger_dev.management import TASK, Management
from infra.local.trigger_dev.requests import LARGEST_BYTES, RefusedError, read_request
from infra.local.trigger_dev.runs import Runs


def make_app(runs: Runs, *, secret_key: str) -> Starlette:
    management = Management(runs)

    async def trigger(request: Request) -> JSONResponse:
        """The documentation has a 404 for a task there is none of; the vendor's server may also keep its run until a
        version with that task is deployed. Here none ever is."""
        if request.path_params["task"] != TASK:
            raise RefusedError(404, "Task not found")
        run, is_cached = runs.trigger(read_request(await read_body(request), time.time()))
        return JSONResponse({"id": run.id, "isCached": is_cached})

    async def cancel(request: Request) -> JSONResponse:
        run = runs.get(request.path_params["run"])
        if run is None:
            raise RefusedError(404, "Run not found")
        runs.cancel(run)
        return JSONResponse({"id": run.id})

    def guarded(handle: Callable[[Request], object]) -> Callable[[Request], object]:
        async def handle_if_allowed(request: Request) -> object:
            check_key(request, secret_key)
            return await handle(request)  # type: ignore[misc]

        return handle_if_allowed

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await runs.close()

    return Starlette(
        routes=[
            Route("/api/v1/tasks/{task}/trigger", guarded(trigger), methods=["POST"]),
            Route("/api/v1/runs", guarded(management.list_runs), methods=["GET"]),
            Route("/api/v3/runs/{run}", guarded(management.retrieve), methods=["GET"]),
            Route("/api/v1/runs/{run}/replay", guarded(management.replay), methods=["POST"]),
            Route("/api/v1/runs/{run}/tags", guarded(management.add_tags), methods=["POST"]),
            Route("/api/v2/runs/{run}/cancel", guarded(cancel), methods=["POST"]),
        ],
        exception_handlers={RefusedError: refuse},
        lifespan=lifespan,
    )


def check_key(request: Request, secret_key: str) -> None:
    """The key is public, so the request must also come under a name that can be nobody else's."""
    given = request.headers.get("authorization", "").encode("latin-1")
    known = hmac.compare_digest(given, f"Bearer {secret_key}".encode())
    if not (known and leads_nowhere_else(request.headers.get("host", ""))):
        raise RefusedError(401, "Invalid or Missing API key")


async def read_body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BYTES:
            break
    return bytes(body)


def refuse(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusedError)
    return JSONResponse({"error": str(error)}, status_code=error.status)
