"""An HTTP request as the event a function receives: API Gateway's payload format 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

Event = dict[str, Any]

# What arrives as text; everything else is base64, forms included: that is API Gateway's way, not a mistake here.
TEXT_TYPES = ("application/json", "application/javascript", "application/xml")
TEXT_SUFFIXES = ("+json", "+xml")


def make_event(scope: Mapping[str, Any], body: bytes, route_key: str, variables: Mapping[str, str]) -> Event:
    """scope: the request as ASGI has it. Members without a value are absent, as they are in AWS."""
    raw_path = scope["raw_path"].partition(b"?")[0].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    headers, cookies = join_headers(scope["headers"])
    client, port = scope["client"] or ("127.0.0.1", 0), (scope["server"] or ("", 80))[1]
    headers["x-forwarded-for"] = ", ".join(filter(None, (headers.get("x-forwarded-for"), client[0])))
    headers["x-forwarded-port"] = str(port)
    headers["x-forwarded-proto"] = scope["scheme"]
    event: Event = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": unquote(raw_path),
        "rawQueryString": query,
        "headers": headers,
        "requestContext": request_context(
            scope["method"], unquote(raw_path), client[0], headers, route_key, scope["http_version"]
        ),
        **encode_body(body, headers),
    }
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = join_query(query)
    if variables:
        event["pathParameters"] = dict(variables)
    return event


def join_headers(pairs: Iterable[tuple[bytes, bytes]]) -> tuple[dict[str, str], list[str]]:
    """Repeated headers are joined by a comma; cookies leave the headers and become a list of their own."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name == "cookie":
            cookies += [cookie.strip() for cookie in value.split(";") if cookie.strip()]
        else:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers, cookies


def join_query(query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def request_context(
    method: str, path: str, client: str, headers: Mapping[str, str], route_key: str, http_version: str
) -> dict[str, Any]:
    now = time.time()
    host = headers.get("host", "localhost")
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": method,
            "path": path,
            "protocol": f"HTTP/{http_version}",
            "sourceIp": client,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": secrets.token_urlsafe(11) + "=",
        "routeKey": route_key,
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def encode_body(body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    if not body:
        return {"isBase64Encoded": False}
    if is_text(headers.get("content-type", "text/plain")) and "content-encoding" not in headers:
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def is_text(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("text/") or kind in TEXT_TYPES or kind.endswith(TEXT_SUFFIXES)
