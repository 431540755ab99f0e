"""Who may call: whoever has the token, and to look, whoever has the read-only one.

https://upstash.com/docs/qstash/features/security , https://upstash.com/docs/qstash/howto/readonly-token ; the query
parameter is `bearerAuthQuery` of https://upstash.com/docs/qstash/api-reference . The 403 is ours: how a read-only
token is refused is not documented.
"""

import hmac
from collections.abc import Callable
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.local.ports import leads_nowhere_else
from infra.local.qstash.errors import ForbiddenError, QStashError, UnauthorizedError

_PARAMETER = b"qstash_token"


class RequireToken:
    """401 without `Authorization: Bearer <token>` or `qstash_token=<token>`. The latter goes no further: what else the
    query of a publication has belongs to the destination.

    Also unless the request comes under a name that can be nobody else's, and a token in the query from no web page: the
    token of the development server is public, and a page may post such a request here unasked.
    """

    def __init__(self, app: ASGIApp, refuse: Callable[[Request, Exception], Response]) -> None:
        self._app, self._refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            try:
                scope = {**scope, "query_string": _admit(request)}
            except QStashError as error:
                await self._refuse(request, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _admit(request: Request) -> bytes:
    """The query string without a token; UnauthorizedError, or ForbiddenError for what a read-only token may not."""
    if not leads_nowhere_else(request.headers.get("host", "")):
        raise UnauthorizedError
    query: bytes = request.scope["query_string"]
    given = request.headers.get("authorization")
    if given is None and not _is_from_a_page(request):
        parts = query.split(b"&")
        tokens = [part.partition(b"=")[2] for part in parts if _is_token(part)]
        given = "Bearer " + (unquote_plus(tokens[0].decode("latin-1")) if tokens else "")
        query = b"&".join(part for part in parts if not _is_token(part))
    service = request.app.state.service
    if _same(given, service.token):
        return query
    if service.readonly_token is None or not _same(given, service.readonly_token):
        raise UnauthorizedError
    if request.method not in ("GET", "HEAD"):
        raise ForbiddenError
    return query


def _is_token(part: bytes) -> bool:
    return part.partition(b"=")[0] == _PARAMETER


def _is_from_a_page(request: Request) -> bool:
    """Browsers say so: Origin with whatever is no GET, Sec-Fetch-Site with everything."""
    return "origin" in request.headers or request.headers.get("sec-fetch-site", "none") != "none"


def _same(given: str | None, token: str) -> bool:
    return hmac.compare_digest((given or "").encode(), f"Bearer {token}".encode())
