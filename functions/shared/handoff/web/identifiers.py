"""Ids in paths."""

from uuid import UUID

from starlette.requests import Request

from handoff.errors import NotFoundError


def path_id(request: Request) -> UUID:
    """The {id} of the path, in its only spelling; anything else is nothing's id. Raises NotFoundError."""
    given = str(request.path_params["id"])
    try:
        found = UUID(given)
    except ValueError:
        raise NotFoundError from None
    if str(found) != given:
        raise NotFoundError
    return found
