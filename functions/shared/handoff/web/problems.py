"""Errors as application/problem+json (RFC 9457): the one table from error to status."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from handoff import errors
from handoff.telemetry import log_unexpected
from handoff.web.request_id import request_id
from handoff.web.routes import allowed_methods

TYPE_PREFIX = "urn:handoff:problem:"


@dataclass(frozen=True)
class Problem:
    code: str
    status: int
    retry_after: int | None = None


# The most exact class of an error counts.
PROBLEMS: dict[type[errors.HandoffError], Problem] = {
    errors.MalformedBodyError: Problem("malformed-json", 400),
    errors.InvalidHeaderError: Problem("invalid-header", 400),
    errors.InvalidQueryError: Problem("invalid-query", 400),
    errors.NoSessionError: Problem("no-session", 401),
    errors.SignInNeededError: Problem("sign-in-needed", 401),
    errors.UnsignedEventError: Problem("unsigned-event", 401),
    errors.InvalidTokenError: Problem("invalid-token", 401),
    errors.UnsignedDeliveryError: Problem("unsigned-delivery", 401),
    errors.CrossSiteError: Problem("cross-site", 403),
    errors.DirectRequestError: Problem("direct-request", 403),
    errors.WrongDomainError: Problem("wrong-domain", 403),
    errors.UnverifiedEmailError: Problem("unverified-email", 403),
    errors.NotFoundError: Problem("not-found", 404),
    errors.NoImagesError: Problem("no-images", 404),
    errors.StateForbidsError: Problem("state-forbids", 409),
    errors.NotReadyError: Problem("not-ready", 409),
    errors.JobLeasedError: Problem("leased", 409),
    errors.FileRemovedError: Problem("file-removed", 410),
    errors.BodyTooLargeError: Problem("body-too-large", 413),
    errors.UnsupportedMediaTypeError: Problem("unsupported-media-type", 415),
    errors.InvalidBodyError: Problem("invalid-body", 422),
    errors.UnknownDocumentError: Problem("unknown-document", 422),
    errors.IdempotencyKeyReusedError: Problem("idempotency-key-reused", 422),
    errors.TooManyActiveError: Problem("too-many-active", 429, retry_after=10),
    # QStash's own status for "do not try again": https://upstash.com/docs/qstash/features/retry
    errors.InvalidDeliveryError: Problem("invalid-delivery", 489),
    errors.JobFailedError: Problem("attempt-failed", 500),
    errors.IssuerUnavailableError: Problem("sign-in-unavailable", 503, retry_after=5),
    errors.DatabaseUnavailableError: Problem("database-unavailable", 503, retry_after=2),
}

TITLES = {
    400: "The request cannot be read",
    401: "Not allowed without a valid session or signature",
    403: "Not allowed for whoever or whatever asks",
    404: "Not found",
    405: "Method not allowed",
    409: "Not possible in this state",
    410: "Gone",
    413: "Too large",
    415: "Unsupported media type",
    422: "The request is not valid",
    429: "Too many requests",
    489: "Can never succeed",
    500: "Something went wrong on our side",
    503: "Not available right now",
}

MAX_FIELDS = 20
MAX_FIELD_NAME = 100

NON_RETRYABLE = {"Upstash-NonRetryable-Error": "true"}


async def handle_handoff_error(request: Request, error: Exception) -> JSONResponse:
    """Every error of ours, by the table."""
    assert isinstance(error, errors.HandoffError)
    problem = next((PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS), None)
    if problem is None:
        return await handle_unexpected(request, error)
    status, headers = problem.status, {}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if isinstance(error, errors.JobLeasedError):
        headers["Retry-After"] = str(ceil(error.seconds_left) + 1)
    if isinstance(error, errors.JobFailedError) and not error.retryable:
        status = 489
    if status == 489:
        headers.update(NON_RETRYABLE)
    fields = _field_entries(error) if isinstance(error, errors.InvalidRequestError) else []
    return problem_response(request, problem.code, status, str(error), headers=headers, fields=fields)


def _field_entries(error: errors.InvalidRequestError) -> list[dict[str, str]]:
    """The first of them, with names cut: an answer is not to be larger than its question."""
    return [{"field": _cut(problem.field), "message": problem.message} for problem in error.fields[:MAX_FIELDS]]


def _cut(name: str) -> str:
    return name if len(name) <= MAX_FIELD_NAME else name[:MAX_FIELD_NAME] + "…"


async def handle_http_exception(request: Request, error: Exception) -> JSONResponse:
    """What the router itself refuses: an unknown path, or a method that a path does not have."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        # Of a path that several routes have, the router names the first one's.
        allowed = ", ".join(allowed_methods(request.scope["path"])) or (error.headers or {}).get("Allow", "")
        detail = f"Allowed here: {allowed}."
        return problem_response(request, "method-not-allowed", 405, detail, headers={"Allow": allowed})
    return problem_response(request, "not-found", error.status_code, "There is nothing here by that name.")


async def handle_unexpected(request: Request, error: Exception) -> JSONResponse:
    """A bug."""
    log_unexpected(error)
    return problem_response(request, "internal", 500, "It was recorded. Please try again.")


EXCEPTION_HANDLERS: dict[Any, Any] = {
    errors.HandoffError: handle_handoff_error,
    HTTPException: handle_http_exception,
    Exception: handle_unexpected,
}


def problem_response(
    request: Request,
    code: str,
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    fields: list[dict[str, Any]] | None = None,
) -> JSONResponse:
    """A problem document; its reference is the request's id."""
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + code,
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "reference": request_id(request.scope),
    }
    if fields:
        body["errors"] = fields
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")
