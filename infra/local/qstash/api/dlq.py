"""/v2/dlq: list, read, retry and delete dead letters. https://upstash.com/docs/qstash/api-reference/dlq"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.paging import Filters, of_origin, page
from infra.local.qstash.api.publish import as_json
from infra.local.qstash.api.requests import read_ids, service
from infra.local.qstash.dead_letters import DeadLetter
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.headers import collect

_FILTERS: Filters[DeadLetter] = {
    "messageId": lambda letter, values: letter.message.id in values,
    "url": lambda letter, values: letter.message.url in values,
    "label": lambda letter, values: letter.message.label in values,
    **of_origin(lambda letter: letter.message.publication.origin),
    "responseStatus": lambda letter, values: str(letter.attempt.status) in values,
    "callerIp": lambda letter, values: letter.message.publication.caller_ip in values,
    "dlqIds": lambda letter, values: letter.id in values,
}


async def list_letters(request: Request) -> Response:
    """A page, at most 100."""
    letters, cursor = page(service(request).dead_letters, request.query_params, _FILTERS, most=100)
    listed = {"messages": [letter.as_json() for letter in letters]}
    return JSONResponse(listed | ({"cursor": cursor} if cursor else {}))


async def get(request: Request) -> Response:
    """One dead letter, or 404."""
    return JSONResponse(service(request).dead_letters.get(request.path_params["id"]).as_json())


async def delete(request: Request) -> Response:
    """Delete one, or 404."""
    letters = service(request).dead_letters
    letters.take(letters.get(request.path_params["id"]).id)
    return Response(status_code=200)


async def delete_many(request: Request) -> Response:
    """Delete those listed; unknown ids are passed over."""
    ids = await read_ids(request, "dlqIds")
    if ids is None:
        raise InvalidRequestError("dlqIds is missing")
    taken = [service(request).dead_letters.take(dlq_id) for dlq_id in ids]
    return JSONResponse({"deleted": sum(letter is not None for letter in taken)})


async def retry(request: Request) -> Response:
    """Publish one anew; Upstash-* headers of this request override its own. 201, or 404."""
    accepted = service(request).retry([request.path_params["id"]], collect(request.headers.raw))
    return JSONResponse(as_json(accepted[0]), status_code=201)


async def retry_many(request: Request) -> Response:
    """Publish those listed anew; 404 if one is missing."""
    ids = await read_ids(request, "dlqIds")
    if ids is None:
        raise InvalidRequestError("dlqIds is missing")
    accepted = service(request).retry(ids, collect(request.headers.raw))
    return JSONResponse({"responses": [as_json(each) for each in accepted]}, status_code=201)


ROUTES = [
    Route("/v2/dlq", list_letters, methods=["GET"]),
    Route("/v2/dlq", delete_many, methods=["DELETE"]),
    Route("/v2/dlq/retry", retry_many, methods=["POST"]),
    Route("/v2/dlq/retry/{id}", retry, methods=["POST"]),
    Route("/v2/dlq/{id}", get, methods=["GET"]),
    Route("/v2/dlq/{id}", delete, methods=["DELETE"]),
]
