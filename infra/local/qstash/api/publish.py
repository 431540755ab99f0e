"""POST /v2/publish/<destination>. https://upstash.com/docs/qstash/api-reference/messages/publish-a-message"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.requests import read_body, service
from infra.local.qstash.headers import collect
from infra.local.qstash.publication import Publication, destination_of
from infra.local.qstash.service import Accepted


async def publish(request: Request) -> Response:
    """200 with the message's id; 202 with the earlier one's for a duplicate."""
    publication = Publication(
        destination_of(request.scope, "/v2/publish/"),
        collect(request.headers.raw),
        await read_body(request),
        caller_ip(request),
    )
    accepted = service(request).publish(publication)
    return JSONResponse(as_json(accepted), status_code=202 if accepted.deduplicated else 200)


def caller_ip(request: Request) -> str:
    """The publisher's address."""
    return request.client.host if request.client else ""


def as_json(accepted: Accepted) -> dict[str, str | bool]:
    """Schema PublishResponse."""
    return {"messageId": accepted.message_id} | ({"deduplicated": True} if accepted.deduplicated else {})


ROUTES = [Route("/v2/publish/{destination:path}", publish, methods=["POST"])]
