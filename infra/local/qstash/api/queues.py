"""/v2/queues and POST /v2/enqueue/<queue>/<destination>. https://upstash.com/docs/qstash/api-reference/queues"""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.publish import answer, caller_ip
from infra.local.qstash.api.requests import read_body, service
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.headers import collect
from infra.local.qstash.publication import Origin, Publication, destination_of
from infra.local.qstash.queues import Queue


async def enqueue(request: Request) -> Response:
    """As publish, into a queue, which is created if there is none."""
    queue = request.path_params["queue"]
    publication = Publication(
        destination_of(request.scope, f"/v2/enqueue/{queue}/"),
        collect(request.headers.raw),
        await read_body(request),
        caller_ip(request),
        Origin(queue=queue),
    )
    return answer(service(request).publish(publication))


async def upsert(request: Request) -> Response:
    """Create or change a queue; `paused` is not in the reference, but the SDKs send it."""
    try:
        document: Any = json.loads(await read_body(request))
    except ValueError:
        raise InvalidRequestError("invalid body: not JSON") from None
    match document:
        case {"queueName": str(name), **others}:
            parallelism, paused = others.get("parallelism", 1), others.get("paused")
        case _:
            raise InvalidRequestError("queueName is missing")
    if type(parallelism) is not int or not isinstance(paused, bool | None):
        raise InvalidRequestError("invalid body: parallelism must be a number, paused true or false")
    if parallelism < 1:
        raise InvalidRequestError("parallelism must be greater than 0")
    queues = service(request).queues
    queues.change(queues.ensure(name), parallelism=parallelism, paused=paused)
    return Response(status_code=200)


async def list_queues(request: Request) -> Response:
    """All of them."""
    return JSONResponse([_shown(request, queue) for queue in service(request).queues])


async def get(request: Request) -> Response:
    """One queue, or 404."""
    return JSONResponse(_shown(request, _named(request)))


async def delete(request: Request) -> Response:
    """200 "if the queue is removed successfully, or it doesn't exist"."""
    service(request).delete_queue(request.path_params["queue"])
    return Response(status_code=200)


async def pause(request: Request) -> Response:
    """No message begins its turn from now on; they are kept."""
    service(request).queues.change(_named(request), paused=True)
    return Response(status_code=200)


async def resume(request: Request) -> Response:
    """Go on with the earliest message."""
    service(request).queues.change(_named(request), paused=False)
    return Response(status_code=200)


def _named(request: Request) -> Queue:
    return service(request).queues.get(request.path_params["queue"])


def _shown(request: Request, queue: Queue) -> dict[str, Any]:
    pending = service(request).all_pending()
    return queue.as_json(lag=sum(message.publication.origin.queue == queue.name for message in pending))


ROUTES = [
    Route("/v2/enqueue/{queue}/{destination:path}", enqueue, methods=["POST"]),
    Route("/v2/queues", upsert, methods=["POST"]),
    Route("/v2/queues", list_queues, methods=["GET"]),
    Route("/v2/queues/{queue}", get, methods=["GET"]),
    Route("/v2/queues/{queue}", delete, methods=["DELETE"]),
    Route("/v2/queues/{queue}/pause", pause, methods=["POST"]),
    Route("/v2/queues/{queue}/resume", resume, methods=["POST"]),
]
