"""What people start, retry, cancel, link to and revoke. A route is one statement, and a message where work begins."""

import handoff.cold_start  # noqa: F401 - before the others

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from handoff.errors import InvalidHeaderError
from handoff.exports.request import ExportRequests
from handoff.telemetry import count
from handoff.web.body import read_json, refuse_large_body
from handoff.web.function import lambda_handler
from handoff.web.identifiers import path_id
from handoff.web.session import refuse_other_sites
from handoff.wiring import Wiring

wiring = Wiring("trigger")
app = FastAPI(openapi_url=None, dependencies=[Depends(refuse_other_sites), Depends(refuse_large_body)])
handler = lambda_handler(app)


class ExportBody(BaseModel):
    """What to export."""

    model_config = ConfigDict(extra="forbid")

    document: Annotated[str, Field(min_length=1, max_length=100)] = "source-pdf"
    parameters: dict[str, Any] = {}


@app.post("/api/exports")
async def request_export(request: Request) -> Response:
    owner = wiring.exporter(request)
    key = idempotency_key(request)
    body = await read_json(request, ExportBody)
    export_id, is_new = wiring.export_requests.request(owner, body.document, body.parameters, key)
    if is_new:
        count("RunsRequested")
        await wiring.publisher.publish(ExportRequests.job_type, export_id, 1)
    return accepted(export_id)


@app.post("/api/exports/{id}/retry")
async def retry_export(request: Request) -> Response:
    owner, export_id = wiring.exporter(request), path_id(request)
    run_try = wiring.export_requests.retry(export_id, owner, idempotency_key(request))
    await wiring.publisher.publish(ExportRequests.job_type, export_id, run_try)
    return accepted(export_id)


@app.post("/api/exports/{id}/cancel")
async def cancel_export(request: Request) -> Response:
    owner, export_id = wiring.exporter(request), path_id(request)
    wiring.export_requests.cancel(export_id, owner)
    return JSONResponse({"id": str(export_id), "state": "canceled"})


@app.post("/api/exports/{id}/links")
async def issue_link(request: Request) -> Response:
    owner, export_id = wiring.exporter(request), path_id(request)
    link = wiring.links.issue(export_id, owner)
    count("LinksIssued")
    return JSONResponse(link, 201, headers={"Location": link["url"]})


@app.delete("/api/links/{id}")
async def revoke_link(request: Request) -> Response:
    owner, link_id = wiring.exporter(request), path_id(request)
    wiring.links.revoke(link_id, owner)
    return Response(status_code=204)


def accepted(export_id: UUID) -> Response:
    """202: where to look, and that there is no need to wait before the first look."""
    href = f"/api/exports/{export_id}"
    return JSONResponse({"id": str(export_id), "href": href}, 202, headers={"Location": href, "Retry-After": "0"})


def idempotency_key(request: Request) -> str | None:
    """https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/"""
    key = request.headers.get("idempotency-key")
    if key is not None and not re.fullmatch(r"[\x21-\x7e]{1,200}", key):
        raise InvalidHeaderError("Idempotency-Key must have 1 to 200 visible ASCII characters")
    return key
