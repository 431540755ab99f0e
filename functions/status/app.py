"""What people look at, and wait for. Polled, so it stays bare Starlette: no pydantic, no SDKs."""

import handoff.cold_start  # noqa: F401 - before the others

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from handoff.calls.durations import expectations
from handoff.errors import NoSessionError, NotFoundError
from handoff.paging import Look
from handoff.web.conditional import conditional, page_limit
from handoff.web.elsewhere import anything_else
from handoff.web.function import lambda_handler
from handoff.web.identifiers import path_id
from handoff.web.session import new_anonymous_session
from handoff.web.waiting import is_known, preferred_wait, wait_until_changed
from handoff.wiring import Wiring

if TYPE_CHECKING:
    from handoff.calls.read import CallReader

wiring = Wiring("status")


async def read_session(request: Request) -> Response:
    """Say who one is; the only place where a session begins."""
    try:
        session = wiring.sessions.session(request)
    except NoSessionError:
        session = new_anonymous_session()
    response = JSONResponse(wiring.who(session))
    if session.person is None:  # a person's ends when it was to, however often they look
        wiring.sessions.give(response, session)
    return response


async def list_exports(request: Request) -> Response:
    owner = wiring.exporter(request)
    limit = page_limit(request)
    look = wiring.export_reader.page(owner, limit=limit, cursor=request.query_params.get("cursor"))
    return conditional(request, look)


async def read_export(request: Request) -> Response:
    owner, export_id = wiring.exporter(request), path_id(request)
    return await waited_for(request, lambda: wiring.export_reader.one(export_id, owner), str(export_id))


async def list_generations(request: Request) -> Response:
    owner = wiring.sessions.person(request)
    limit = page_limit(request)
    look = wiring.generation_reader.page(owner, limit=limit, cursor=request.query_params.get("cursor"))
    return conditional(request, look)


async def read_latest(request: Request) -> Response:
    owner = wiring.sessions.person(request)
    return await waited_for(request, lambda: wiring.generation_reader.latest(owner), owner)


async def read_generation(request: Request) -> Response:
    owner, generation_id = wiring.sessions.person(request), path_id(request)
    return await waited_for(request, lambda: wiring.generation_reader.one(generation_id, owner), str(generation_id))


async def list_failures(request: Request) -> Response:
    """Calls that should have ended and, for all we know, have not."""
    max_call, window = expected(request)
    cursor = request.query_params.get("cursor")
    return conditional(
        request, calls(request).failures(max_call=max_call, window=window, limit=page_limit(request), cursor=cursor)
    )


async def list_calls(request: Request) -> Response:
    return conditional(
        request, calls(request).page(limit=page_limit(request), cursor=request.query_params.get("cursor"))
    )


async def read_timeline(request: Request) -> Response:
    max_call, window = expected(request)
    return JSONResponse(calls(request).timeline(max_call=max_call, window=window))


async def read_health(request: Request) -> Response:
    """200 only when the database answers."""
    return JSONResponse({"status": "ok", "database": "ok", "server_time": wiring.database.ping()})


async def waited_for(request: Request, look: Callable[[], Look], announced_as: str) -> Response:
    """The representation, once it is another than the client's, or the client's wait is over.

    `announced_as`: what the database says when it changes, to connections that listen.
    """
    seconds = preferred_wait(request, wiring.settings["WAIT_MAX_SECONDS"])
    sleep = None
    if seconds and wiring.database.can_listen:
        wiring.database.listen("run_changed")
        sleep = partial(wiring.database.wait_for, announced_as)
    seen = await wait_until_changed(look, lambda etag: is_known(request, etag), seconds, sleep)
    response = conditional(request, seen)
    if seconds:
        response.headers["Preference-Applied"] = f"wait={seconds}"
    return response


def calls(request: Request) -> "CallReader":
    wiring.sessions.insider(request)
    if wiring.settings["CALL_HISTORY"] == "off":
        raise NotFoundError("Calls are not set up here.")
    return wiring.call_reader


def expected(request: Request) -> tuple[timedelta, timedelta]:
    """How long a call can last, and how far back to look."""
    return expectations(request.query_params.get("max_call", "1h"), request.query_params.get("window", "2h"))


app = Starlette(
    routes=[
        Route("/api/session", read_session, methods=["GET"]),
        Route("/api/exports", list_exports, methods=["GET"]),
        Route("/api/exports/{id}", read_export, methods=["GET"]),
        Route("/api/generations", list_generations, methods=["GET"]),
        Route("/api/generations/latest", read_latest, methods=["GET"]),
        Route("/api/generations/{id}", read_generation, methods=["GET"]),
        Route("/events/failures", list_failures, methods=["GET"]),
        Route("/api/calls", list_calls, methods=["GET"]),
        Route("/api/calls/timeline", read_timeline, methods=["GET"]),
        Route("/api/health", read_health, methods=["GET"]),
        Mount("/", anything_else),
    ],
)
handler = lambda_handler(app, origin=lambda: wiring.settings)
