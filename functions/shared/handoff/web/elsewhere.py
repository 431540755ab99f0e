"""What no route of the gateway took."""

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from handoff.errors import NotFoundError
from handoff.web.problems import problem_response
from handoff.web.routes import allowed_methods


async def anything_else(scope: Scope, receive: Receive, send: Send) -> None:
    """404, or 405 with Allow, whatever the method."""
    request = Request(scope, receive)
    methods = allowed_methods(scope["path"])
    if not methods:
        raise NotFoundError
    allow = ", ".join(methods)
    answer = problem_response(request, "method-not-allowed", 405, f"Allowed here: {allow}.", headers={"Allow": allow})
    await answer(scope, receive, send)
