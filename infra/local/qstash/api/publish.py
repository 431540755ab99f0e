"""POST /v2/publish/<destination>. https://upstash.com/docs/qstash/api-reference/messages/publish-a-message"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.requests import read_body, service
from infra.local.qstash.headers import collect
from infra.local.qstash.publication import Publication, destination_of
from infra.local.qstash.service import Accepted


async def publish(request: Request) -> Response:
    """200 with the message's id; 202 with the earlier one's for a duplicate. With Upstash-Cron, a schedule."""
    publication = Publication(
        destination_of(request.scope, "/v2/publish/"),
        collect(request.headers.raw),
        await read_body(request),
        caller_ip(request),
    )
    if "upstash-cron" in publication.headers:
        return JSONResponse({"scheduleId": service(request).schedules.create(publication).id})
    return answer(service(request).publish(publication))


def answer(accepted: Accepted | list[Accepted]) -> Response:
    """As publish and enqueue give it: 202 for a duplicate, and for a URL group where all are duplicates."""
    every = accepted if isinstance(accepted, list) else [accepted]
    return JSONResponse(as_json(accepted), status_code=202 if all(each.deduplicated for each in every) else 200)


def caller_ip(request: Request) -> str:
    """The publisher's address."""
    return request.client.host if request.client else ""


def as_json(accepted: Accepted | list[Accepted]) -> Any:
    """Schema PublishResponse; for a URL group a list of PublishToUrlGroupResponse, which is what the SDKs read (the
    reference wraps it in "messages")."""
    if isinstance(accepted, list):
        return [as_json(each) for each in accepted]
    shown = {"messageId": accepted.message_id, "url": accepted.url, "deduplicated": accepted.deduplicated or None}
    return {name: value for name, value in shown.items() if value is not None}


ROUTES = [Route("/v2/publish/{destination:path}", publish, methods=["POST"])]
