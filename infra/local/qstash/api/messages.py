"""/v2/messages: look at a message on its way, cancel it. https://upstash.com/docs/qstash/api-reference/messages"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.requests import read_ids, service


async def get(request: Request) -> Response:
    """One message; 404 once it is delivered, failed or canceled."""
    return JSONResponse(service(request).pending(request.path_params["id"]).as_json())


async def cancel(request: Request) -> Response:
    """Cancel one; 404 if it is not on its way."""
    queue = service(request)
    queue.cancel([queue.pending(request.path_params["id"])])
    return Response(status_code=200)


async def cancel_many(request: Request) -> Response:
    """Cancel those listed, or all when no list is given; unknown ids are passed over."""
    queue = service(request)
    ids = await read_ids(request, "messageIds")
    pending = queue.all_pending()
    canceled = queue.cancel(pending if ids is None else [message for message in pending if message.id in set(ids)])
    return JSONResponse({"cancelled": canceled})


ROUTES = [
    Route("/v2/messages", cancel_many, methods=["DELETE"]),
    Route("/v2/messages/{id}", get, methods=["GET"]),
    Route("/v2/messages/{id}", cancel, methods=["DELETE"]),
]
