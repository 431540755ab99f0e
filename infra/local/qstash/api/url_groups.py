"""/v2/topics: URL groups and their endpoints. https://upstash.com/docs/qstash/api-reference/url-groups"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.requests import read_json, service
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.url_groups import Endpoint


async def list_groups(request: Request) -> Response:
    """All of them."""
    return JSONResponse([group.as_json() for group in service(request).url_groups])


async def get(request: Request) -> Response:
    """One group, or 404."""
    return JSONResponse(service(request).url_groups.get(request.path_params["name"]).as_json())


async def delete(request: Request) -> Response:
    """Delete a group; 200 whether there was one or not (the reference has no other answer)."""
    service(request).url_groups.delete(request.path_params["name"])
    return Response(status_code=200)


async def upsert(request: Request) -> Response:
    """Add endpoints or change them; none is taken over if one is not valid."""
    given = [_named(endpoint) for endpoint in await _endpoints(request)]
    if missing := [name for url, name in given if url is None]:
        raise InvalidRequestError(f"url of the endpoint is missing: {missing[0]!r}")
    service(request).url_groups.upsert(request.path_params["name"], [Endpoint(url or "", name) for url, name in given])
    return Response(status_code=200)


async def remove(request: Request) -> Response:
    """Remove the endpoints that have one of the URLs or names; 404 without such a group."""
    given = [_named(endpoint) for endpoint in await _endpoints(request)]
    if (None, None) in given:
        raise InvalidRequestError("one of url or name of the endpoint must be provided")
    service(request).url_groups.remove(
        request.path_params["name"],
        urls={url for url, _ in given if url is not None},
        names={name for _, name in given if name is not None},
    )
    return Response(status_code=200)


async def _endpoints(request: Request) -> list[Any]:
    match await read_json(request):
        case {"endpoints": [*endpoints]}:
            return endpoints
        case _:
            raise InvalidRequestError("endpoints are missing")


def _named(endpoint: object) -> tuple[str | None, str | None]:
    """URL and name; an empty name is none."""
    match endpoint:
        case {**fields}:
            url, name = fields.get("url"), fields.get("name")
            if isinstance(url, str | None) and isinstance(name, str | None):
                return url or None, name or None
    raise InvalidRequestError("invalid body: an endpoint is an object with url and name")


ROUTES = [
    Route("/v2/topics", list_groups, methods=["GET"]),
    Route("/v2/topics/{name}", get, methods=["GET"]),
    Route("/v2/topics/{name}", delete, methods=["DELETE"]),
    Route("/v2/topics/{name}/endpoints", upsert, methods=["POST"]),
    Route("/v2/topics/{name}/endpoints", remove, methods=["DELETE"]),
]
