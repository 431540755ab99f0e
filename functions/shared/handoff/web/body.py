"""A JSON body, as people's routes take it."""

import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from handoff.errors import (
    BodyTooLargeError,
    FieldProblem,
    InvalidBodyError,
    MalformedBodyError,
    UnsupportedMediaTypeError,
)

MAX_BODY_BYTES = 64 * 1024

Model = TypeVar("Model", bound=BaseModel)


async def refuse_large_body(request: Request) -> None:
    """Raises BodyTooLargeError before anything is done, on routes without a body too."""
    if len(await request.body()) > MAX_BODY_BYTES:
        raise BodyTooLargeError


async def read_json(request: Request, model: type[Model]) -> Model:
    """The body as a `model`. Raises an InvalidRequestError that names each wrong field."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaTypeError
    body = await request.body()
    try:
        parsed = json.loads(body, parse_constant=_refuse_constant)
        json.dumps(parsed, ensure_ascii=False).encode()  # lone surrogates cannot be stored or sent on
    except (ValueError, RecursionError):
        raise MalformedBodyError from None
    try:
        return model.model_validate(parsed, strict=True)
    except ValidationError as error:
        raise InvalidBodyError(fields=[_field_problem(detail) for detail in error.errors()]) from None


def _field_problem(detail: object) -> FieldProblem:
    assert isinstance(detail, dict)
    return FieldProblem(".".join(str(part) for part in detail["loc"]) or "(body)", str(detail["msg"]))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
