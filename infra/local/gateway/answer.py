"""What a handler returned as an HTTP response, and what API Gateway says in its own words when there is none.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

Headers = list[tuple[bytes, bytes]]

# The connection is the gateway's own business; so is the length, except where what it measures is not sent (HEAD).
OWN_HEADERS = ("connection", "keep-alive", "transfer-encoding", "upgrade", "date", "server")
NO_BODY = (204, 304)
# RFC 9110, section 5.1.
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes


class AnswerError(Exception):
    """The handler's result is no HTTP response."""


def own_words(status: int, message: str) -> Answer:
    """API Gateway's own errors: {"message": "..."}."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Answer(status, [(b"content-type", b"application/json")], body)


def read_answer(result: Any, method: str) -> Answer:
    """Raises AnswerError. A result without a status code is the body of a 200, as API Gateway infers it."""
    if not isinstance(result, dict) or "statusCode" not in result:
        text = result if isinstance(result, str) else json.dumps(result)
        return Answer(200, [(b"content-type", b"application/json")], text.encode())
    status = read_status(result["statusCode"])
    body = read_body(result)
    headers = read_headers(result.get("headers") or {}, keep_length=method == "HEAD")
    headers += [(b"set-cookie", encode(cookie)) for cookie in result.get("cookies") or ()]
    if body and not any(name == b"content-type" for name, _ in headers):
        headers.append((b"content-type", b"text/plain; charset=utf-8"))
    return Answer(status, headers, b"" if method == "HEAD" or status in NO_BODY else body)


def read_status(value: Any) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError) as error:
        raise AnswerError(f"statusCode {value!r} is no number") from error
    if not 200 <= status <= 599:
        raise AnswerError(f"statusCode {status} is no final status")
    return status


def read_body(result: dict[str, Any]) -> bytes:
    body = result.get("body") or ""
    if not isinstance(body, str):
        raise AnswerError("body is no string")
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise AnswerError("body is no base64") from error


def read_headers(headers: dict[str, Any], *, keep_length: bool) -> Headers:
    return [
        (encode_name(name), encode(value))
        for name, value in headers.items()
        if name.lower() not in OWN_HEADERS and (keep_length or name.lower() != "content-length")
    ]


def encode_name(name: str) -> bytes:
    if not HEADER_NAME.fullmatch(name):
        raise AnswerError(f"{name!r} is no header name")
    return name.lower().encode()


def encode(value: Any) -> bytes:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\r" in text or "\n" in text:
        raise AnswerError("a header has a line break in it")
    return text.encode("latin-1", "replace")
