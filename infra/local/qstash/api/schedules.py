"""/v2/schedules. https://upstash.com/docs/qstash/api-reference/schedules"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.publish import caller_ip
from infra.local.qstash.api.requests import read_body, service
from infra.local.qstash.headers import collect
from infra.local.qstash.publication import Publication, destination_of


async def create(request: Request) -> Response:
    """Create a schedule, in place of the one with the same Upstash-Schedule-Id."""
    publication = Publication(
        destination_of(request.scope, "/v2/schedules/"),
        collect(request.headers.raw),
        await read_body(request),
        caller_ip(request),
    )
    return JSONResponse({"scheduleId": service(request).schedules.create(publication).id})


async def list_schedules(request: Request) -> Response:
    """All of them."""
    return JSONResponse([schedule.as_json() for schedule in service(request).schedules])


async def get(request: Request) -> Response:
    """One, or 404."""
    return JSONResponse(service(request).schedules.get(request.path_params["id"]).as_json())


async def delete(request: Request) -> Response:
    """Delete one, or 404."""
    schedules = service(request).schedules
    schedules.delete(schedules.get(request.path_params["id"]).id)
    return Response(status_code=200)


async def pause(request: Request) -> Response:
    """From now on its times pass without a message."""
    service(request).schedules.get(request.path_params["id"]).paused = True
    return Response(status_code=200)


async def resume(request: Request) -> Response:
    """From now on they do not."""
    service(request).schedules.get(request.path_params["id"]).paused = False
    return Response(status_code=200)


ROUTES = [
    Route("/v2/schedules", list_schedules, methods=["GET"]),
    # The SDKs send PATCH, the reference says POST; so both come before a destination of that name.
    Route("/v2/schedules/{id}/pause", pause, methods=["PATCH", "POST"]),
    Route("/v2/schedules/{id}/resume", resume, methods=["PATCH", "POST"]),
    Route("/v2/schedules/{id}", get, methods=["GET"]),
    Route("/v2/schedules/{id}", delete, methods=["DELETE"]),
    Route("/v2/schedules/{destination:path}", create, methods=["POST"]),
]
