"""/v2/flowControl and /v2/globalParallelism. https://upstash.com/docs/qstash/api-reference/flow-control"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash import limits
from infra.local.qstash.api.requests import service
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.flow_options import period_seconds, positive


async def list_keys(request: Request) -> Response:
    """All of them."""
    return JSONResponse(service(request).flow.as_json())


async def get(request: Request) -> Response:
    """One key, or 404."""
    return JSONResponse(service(request).flow.get(_key(request)).as_json())


async def pause(request: Request) -> Response:
    """Its messages wait from now on; a key nobody has used yet can be paused too."""
    service(request).flow.ensure(_key(request)).pause(True)
    return Response(status_code=200)


async def resume(request: Request) -> Response:
    """Its messages are delivered again."""
    if key := service(request).flow.find(_key(request)):
        key.pause(False)
    return Response(status_code=200)


async def pin(request: Request) -> Response:
    """Keep this parallelism, or this rate and period, whatever messages say."""
    parallelism, rate = (request.query_params.get(name) for name in ("parallelism", "rate"))
    if parallelism is None and rate is None:
        raise InvalidRequestError("invalid pin: neither parallelism nor rate is given")
    pinned = (
        None if parallelism is None else positive("parallelism", parallelism),
        None if rate is None else positive("rate", rate),
        period_seconds("period", request.query_params.get("period")),
    )
    service(request).flow.ensure(_key(request)).pin(*pinned)
    return Response(status_code=200)


async def unpin(request: Request) -> Response:
    """Let messages set it again."""
    if key := service(request).flow.find(_key(request)):
        key.unpin(parallelism=_flag(request, "parallelism"), rate=_flag(request, "rate"))
    return Response(status_code=200)


async def reset_rate(request: Request) -> Response:
    """End the current period."""
    if key := service(request).flow.find(_key(request)):
        key.reset_rate()
    return Response(status_code=200)


async def global_parallelism(request: Request) -> Response:
    """The parallelism of all deliveries together."""
    shown = {"parallelismMax": limits.MAX_CONCURRENT_ATTEMPTS, "parallelismCount": service(request).flow.active}
    return JSONResponse(shown)


def _key(request: Request) -> str:
    return str(request.path_params["key"])


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name, "false").lower() == "true"


ROUTES = [
    Route("/v2/globalParallelism", global_parallelism, methods=["GET"]),
    Route("/v2/flowControl", list_keys, methods=["GET"]),
    Route("/v2/flowControl/{key}", get, methods=["GET"]),
    Route("/v2/flowControl/{key}/pause", pause, methods=["POST"]),
    Route("/v2/flowControl/{key}/resume", resume, methods=["POST"]),
    Route("/v2/flowControl/{key}/pin", pin, methods=["POST"]),
    Route("/v2/flowControl/{key}/unpin", unpin, methods=["POST"]),
    Route("/v2/flowControl/{key}/resetRate", reset_rate, methods=["POST"]),
]
