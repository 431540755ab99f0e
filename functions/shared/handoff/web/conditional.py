"""What people read: a representation, or that they have it; and how much of a history."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from handoff.errors import InvalidQueryError
from handoff.paging import Look
from handoff.web.waiting import is_known

MAX_PAGE = 100


def conditional(request: Request, look: Look) -> Response:
    """200 with the representation, or 304 to a client that has it."""
    headers = {"ETag": look.etag, "X-Server-Time": look.server_time}
    if is_known(request, look.etag):
        return Response(status_code=304, headers=headers)
    return JSONResponse(look.body, headers=headers)


def page_limit(request: Request) -> int:
    """Raises InvalidQueryError."""
    given = request.query_params.get("limit", "20")
    if not given.isascii() or not given.isdigit() or len(given) > 3 or not 1 <= int(given) <= MAX_PAGE:
        raise InvalidQueryError(f"limit must be a whole number from 1 to {MAX_PAGE}")
    return int(given)
