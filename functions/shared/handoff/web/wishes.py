"""What people send with their wishes, and what they are told."""

import re
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from handoff.errors import InvalidHeaderError


class ExportBody(BaseModel):
    """What to export."""

    model_config = ConfigDict(extra="forbid")

    document: Annotated[str, Field(min_length=1, max_length=100)] = "source-pdf"
    parameters: dict[str, Any] = {}


def _whole(value: object) -> object:
    """In JSON 1.0 is a whole number: https://json-schema.org/draft/2020-12/json-schema-validation#section-6.1.1"""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class GenerationBody(BaseModel):
    """How many images of what. Without a size or a quality, the provider's own first."""

    model_config = ConfigDict(extra="forbid")

    prompt: str
    count: Annotated[int, BeforeValidator(_whole)] = 1
    size: str = ""
    quality: str = ""


def accepted(id: UUID, href: str) -> Response:
    """202: where to look, and that there is no need to wait before the first look."""
    return JSONResponse({"id": str(id), "href": href}, 202, headers={"Location": href, "Retry-After": "0"})


def issued(link: dict[str, Any]) -> Response:
    """201: the link."""
    return JSONResponse(link, 201, headers={"Location": link["url"]})


def idempotency_key(request: Request) -> str | None:
    """https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/"""
    key = request.headers.get("idempotency-key")
    if key is not None and not re.fullmatch(r"[\x21-\x7e]{1,200}", key):
        raise InvalidHeaderError("Idempotency-Key must have 1 to 200 visible ASCII characters")
    return key
