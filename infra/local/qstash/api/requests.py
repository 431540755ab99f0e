"""What every handler reads from a request."""

import json
from typing import Any, cast

from starlette.requests import Request

from infra.local.qstash import limits
from infra.local.qstash.errors import InvalidRequestError, TooLargeError
from infra.local.qstash.service import Service


def service(request: Request) -> Service:
    """The queue this server fronts."""
    return cast(Service, request.app.state.service)


async def read_body(request: Request, limit: int | None = None) -> bytes:
    """The body; TooLargeError beyond `limit`, or the plan's message size, before it is held."""
    limit = limit or limits.MAX_BODY_BYTES
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLargeError(f"message is larger than {limit} bytes")
    return bytes(body)


async def read_json(request: Request, limit: int | None = None) -> Any:
    """The body as JSON, of at most `limit` bytes; InvalidRequestError if it is not JSON."""
    try:
        return json.loads(await read_body(request, limit))
    except (ValueError, RecursionError):
        raise InvalidRequestError("invalid body: not JSON") from None


async def read_ids(request: Request, name: str) -> list[str] | None:
    """The list `name` of ids, from the JSON body (the SDKs) or the query (the reference); None when neither has it."""
    body = await read_body(request)
    if not body.strip():
        return request.query_params.getlist(name) or None
    try:
        document: Any = json.loads(body)
    except ValueError:
        raise InvalidRequestError("invalid body: not JSON") from None
    ids = document.get(name) if isinstance(document, dict) else None
    if ids is None and document == {}:
        return None
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise InvalidRequestError(f"invalid body: {name} must be a list of ids")
    return ids
