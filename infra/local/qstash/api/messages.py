"""/v2/messages: look at a message on its way, cancel it. https://upstash.com/docs/qstash/api-reference/messages"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.filters import matching, of_message
from infra.local.qstash.api.paging import between, selection_of
from infra.local.qstash.api.requests import service
from infra.local.qstash.message import Message

_FILTERS = of_message(lambda message: message)


async def get(request: Request) -> Response:
    """One message; 404 once it is delivered, failed or canceled."""
    return JSONResponse(service(request).pending(request.path_params["id"]).as_json())


async def cancel(request: Request) -> Response:
    """Cancel one; 404 if it is not on its way."""
    queue = service(request)
    return _canceled(queue.cancel([queue.pending(request.path_params["id"])]))


async def cancel_many(request: Request) -> Response:
    """Cancel those listed, where other filters are ignored; else those that pass the filters; all, when there are none.

    `count` is ignored, as documented. "If the messageIds array is empty, QStash will cancel all of your messages":
    https://upstash.com/docs/qstash/api/messages/bulk-cancel . Not here: bulk actions, which in the cloud go on in the
    background; this one is done when it is answered.
    """
    selection = {name: values for name, values in (await selection_of(request, _FILTERS)).items() if values}
    if "messageIds" in selection:
        selection = {"messageIds": selection["messageIds"]}
    queue, in_time = service(request), between(selection)
    found: list[Message] = matching(queue.all_pending(), selection, _FILTERS)
    return _canceled(queue.cancel([message for message in found if in_time(message.created_at)]))


def _canceled(count: int) -> Response:
    return JSONResponse({"cancelled": count}, status_code=202)


ROUTES = [
    Route("/v2/messages", cancel_many, methods=["DELETE"]),
    Route("/v2/messages/{id}", get, methods=["GET"]),
    Route("/v2/messages/{id}", cancel, methods=["DELETE"]),
]
