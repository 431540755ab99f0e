"""/v2/dlq: list, read, retry and delete dead letters. https://upstash.com/docs/qstash/api-reference/dlq"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.filters import Filters, Query, of_message
from infra.local.qstash.api.paging import page, query_of, selection_of
from infra.local.qstash.api.publish import as_json
from infra.local.qstash.api.requests import service
from infra.local.qstash.dead_letters import DeadLetter
from infra.local.qstash.headers import collect

_FILTERS: Filters[DeadLetter] = {
    **of_message(lambda letter: letter.message),
    "responseStatus": lambda letter, values: str(letter.attempt.status) in values,
    "dlqIds": lambda letter, values: letter.id in values,
}
_MOST = 100


async def list_letters(request: Request) -> Response:
    """A page, at most 100."""
    letters, cursor = _page(request, query_of(request))
    return JSONResponse({"messages": [letter.as_json() for letter in letters]} | cursor)


async def get(request: Request) -> Response:
    """One dead letter, or 404."""
    return JSONResponse(service(request).dead_letters.get(request.path_params["id"]).as_json())


async def delete(request: Request) -> Response:
    """Delete one, or 404."""
    letters = service(request).dead_letters
    letters.take(letters.get(request.path_params["id"]).id)
    return Response(status_code=200)


async def delete_many(request: Request) -> Response:
    """Delete those listed, passing over unknown ids; else a page, at most 100, of those that pass the filters."""
    selection = await selection_of(request, _FILTERS)
    letters = service(request).dead_letters
    if "dlqIds" in selection:
        taken = [letters.take(dlq_id) for dlq_id in _ids(selection)]
        return JSONResponse({"deleted": sum(letter is not None for letter in taken)})
    found, cursor = _page(request, selection)
    for letter in found:
        letters.take(letter.id)
    return JSONResponse({"deleted": len(found)} | cursor)


async def retry(request: Request) -> Response:
    """Publish one anew; Upstash-* headers of this request override its own. 201, or 404."""
    accepted = service(request).retry([request.path_params["id"]], collect(request.headers.raw))
    return JSONResponse(as_json(accepted[0]), status_code=201)


async def retry_many(request: Request) -> Response:
    """Publish those listed anew, 404 if one is missing; else a page, at most 100, of those that pass the filters."""
    selection = await selection_of(request, _FILTERS)
    cursor: dict[str, str] = {}
    if "dlqIds" in selection:
        ids = _ids(selection)
    else:
        found, cursor = _page(request, selection)
        ids = [letter.id for letter in found]
    accepted = service(request).retry(ids, collect(request.headers.raw))
    return JSONResponse({"responses": [as_json(each) for each in accepted]} | cursor, status_code=201)


def _ids(selection: Query) -> list[str]:
    return [dlq_id.strip() for text in selection["dlqIds"] for dlq_id in text.split(",")]


def _page(request: Request, query: Query) -> tuple[list[DeadLetter], dict[str, str]]:
    """Earliest first, unless it is asked for otherwise: https://upstash.com/docs/qstash/api/dlq/listMessages"""
    found, cursor = page(service(request).dead_letters, query, _FILTERS, most=_MOST, order="earliestFirst")
    return found, {"cursor": cursor} if cursor else {}


ROUTES = [
    Route("/v2/dlq", list_letters, methods=["GET"]),
    Route("/v2/dlq", delete_many, methods=["DELETE"]),
    Route("/v2/dlq/retry", retry_many, methods=["POST"]),
    Route("/v2/dlq/retry/{id}", retry, methods=["POST"]),
    Route("/v2/dlq/{id}", get, methods=["GET"]),
    Route("/v2/dlq/{id}", delete, methods=["DELETE"]),
]
