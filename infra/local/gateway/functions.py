"""The routes of template.yaml: request -> event -> function -> response."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from infra.local.gateway.answer import Answer, AnswerError, own_words, read_answer
from infra.local.gateway.authorizer import JwtAuthorizer, UnauthorizedError
from infra.local.gateway.errors import (
    AnswerTooLargeError,
    EventTooLargeError,
    FunctionError,
    FunctionTimeoutError,
    IntegrationTimeoutError,
    InvocationError,
)
from infra.local.gateway.event import make_event
from infra.local.gateway.limits import Limits
from infra.local.gateway.pool import Pool
from infra.local.gateway.routes import Routes

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html
# https://repost.aws/knowledge-center/api-gateway-5xx-error
FAILURES: dict[type[Exception], tuple[int, str]] = {
    EventTooLargeError: (413, "Request Entity Too Large"),
    FunctionError: (500, "Internal Server Error"),
    FunctionTimeoutError: (500, "Internal Server Error"),
    AnswerTooLargeError: (500, "Internal Server Error"),
    AnswerError: (500, "Internal Server Error"),
    IntegrationTimeoutError: (503, "Service Unavailable"),
}

Record = dict[str, object]


class FunctionRoutes:
    def __init__(self, pools: Iterable[Pool], limits: Limits, authorizer: JwtAuthorizer | None = None) -> None:
        """authorizer: of the routes that have one; None where nobody can sign in."""
        self.pools = {pool.function.name: pool for pool in pools}
        self._routes = Routes(route for pool in self.pools.values() for route in pool.function.routes)
        self._limits = limits
        self._authorizer = authorizer

    async def answer(self, scope: Mapping[str, Any], receive: Any) -> tuple[Answer, Record]:
        """The response, and what the access log says of it."""
        method, raw_path = scope["method"], scope["raw_path"].partition(b"?")[0].decode("latin-1")
        route, variables = self._routes.find(method, raw_path)
        if route is None:
            return own_words(404, "Not Found"), {"route": None}
        record: Record = {"route": route.key, "function": route.function}
        if head_size(scope) > self._limits.header_bytes:
            return own_words(431, "Request Header Fields Too Large"), record
        body = await read_body(receive, self._limits.body_bytes)
        if body is None:
            return own_words(413, "Request Entity Too Large"), record
        event = make_event(scope, body, route.key, variables)
        request_id = event["requestContext"]["requestId"]
        record["apigw_request_id"] = request_id
        try:
            if route.authorizer and self._authorizer:
                event["requestContext"]["authorizer"] = await self._authorizer.context(event["headers"])
            answer = await self._invoke(self.pools[route.function], event, method, record)
        except UnauthorizedError as error:
            record["unauthorized"] = str(error)
            refused = own_words(401, "Unauthorized")
            answer = Answer(401, [*refused.headers, (b"www-authenticate", error.challenge.encode())], refused.body)
        return Answer(answer.status, [*answer.headers, (b"apigw-requestid", request_id.encode())], answer.body), record

    async def _invoke(self, pool: Pool, event: Any, method: str, record: Record) -> Answer:
        try:
            result, record["cold_start"] = await pool.invoke(event)
            return read_answer(result, method)
        except (InvocationError, AnswerError) as error:
            record["error"] = f"{type(error).__name__}: {error}"
            return own_words(*FAILURES[type(error)])


def head_size(scope: Mapping[str, Any]) -> int:
    """What API Gateway counts: the request line and the values of the headers."""
    line = len(scope["method"]) + len(scope["raw_path"]) + len(scope["query_string"])
    return line + sum(len(value) for _, value in scope["headers"])


async def read_body(receive: Any, limit: int) -> bytes | None:
    """The request's body; None when it is larger than the limit or the client went away."""
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            return None
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)
