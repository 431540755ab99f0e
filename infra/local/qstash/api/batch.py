"""POST /v2/batch: several messages at once, to URLs, URL groups and queues.

"If one message fails to be sent, that message will have an error response, but the other messages will still be sent."
Only what is no batch at all is refused as a whole. https://upstash.com/docs/qstash/features/batch
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash import limits
from infra.local.qstash.api.publish import as_json, caller_ip
from infra.local.qstash.api.requests import read_json, service
from infra.local.qstash.errors import InvalidRequestError, QStashError, TooLargeError
from infra.local.qstash.headers import collect
from infra.local.qstash.publication import Origin, Publication
from infra.local.qstash.service import Service


async def publish_batch(request: Request) -> Response:
    """A list of answers in the order of the messages; that of a URL group is a list itself."""
    items = await read_json(request, limits.MAX_KEPT_BYTES)
    if not isinstance(items, list):
        raise InvalidRequestError("invalid body: a batch is a list of messages")
    publications = [_publication(item, caller_ip(request)) for item in items]
    return JSONResponse([_publish(service(request), publication) for publication in publications])


def _publish(queue: Service, publication: Publication) -> Any:
    try:
        if len(publication.body) > limits.MAX_BODY_BYTES:
            raise TooLargeError(f"message is larger than {limits.MAX_BODY_BYTES} bytes")
        if "upstash-cron" in publication.headers:
            raise InvalidRequestError("a schedule cannot be created in a batch")
        return as_json(queue.publish(publication))
    except QStashError as error:
        return {"error": str(error)}


def _publication(item: object, ip: str) -> Publication:
    match item:
        case {"destination": str(destination), **others}:
            # Python's SDK sends null for what there is none of.
            headers, body, queue = (others.get(name) for name in ("headers", "body", "queue"))
        case _:
            raise InvalidRequestError("invalid body: each message of a batch has a destination")
    headers, body = {} if headers is None else headers, "" if body is None else body
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise InvalidRequestError("invalid body: headers are an object of texts")
    if not isinstance(body, str) or not isinstance(queue, str | None):
        raise InvalidRequestError("invalid body: body and queue are texts")
    found = collect((_bytes(name), _bytes(value)) for name, value in headers.items())
    return Publication(destination, found, _bytes(body), ip, Origin(queue=queue or None))


def _bytes(text: str) -> bytes:
    """As UTF-8. JSON can hold half of a surrogate pair, which UTF-8 cannot."""
    return text.encode(errors="replace")


ROUTES = [Route("/v2/batch", publish_batch, methods=["POST"])]
