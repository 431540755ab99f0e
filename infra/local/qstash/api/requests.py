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


async def read_json(request: Request, limit: int | None = None, empty: object = None) -> Any:
    """The body as JSON, of at most `limit` bytes; `empty` stands for no body, where it is given.

    InvalidRequestError if it is not JSON.
    """
    body = await read_body(request, limit)
    if empty is not None and not body.strip():
        return empty
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequestError("invalid body: not JSON") from None
