"""What people start, retry, cancel, link to and revoke, and what carriers tell of calls.

A route is one statement, and a message where work begins. An event is a message alone.
"""

import handoff.cold_start  # noqa: F401 - before the others

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from handoff.errors import InvalidHeaderError
from handoff.exports.request import ExportRequests, needs_insider
from handoff.telemetry import count
from handoff.web.body import read_json, refuse_large_body
from handoff.web.function import lambda_handler
from handoff.web.identifiers import path_id
from handoff.web.session import bearer_token, refuse_other_sites
from handoff.wiring import Wiring

wiring = Wiring("trigger")
app = FastAPI(openapi_url=None, dependencies=[Depends(refuse_other_sites), Depends(refuse_large_body)])
handler = lambda_handler(app)


class ExportBody(BaseModel):
    """What to export."""

    model_config = ConfigDict(extra="forbid")

    document: Annotated[str, Field(min_length=1, max_length=100)] = "source-pdf"
    parameters: dict[str, Any] = {}


@app.post("/api/session")
async def sign_in(request: Request) -> Response:
    """The cookie is another one afterwards; what was made in the session so far is the person's."""
    session = wiring.sessions.session(request)
    visitor = None if session.person else session.owner
    person = wiring.sign_ins.sign_in(bearer_token(request), session.nonce, visitor)
    signed_in = session.of(person)
    response = JSONResponse(wiring.who(signed_in))
    wiring.sessions.give(response, signed_in)
    return response


@app.delete("/api/session")
async def sign_out(request: Request) -> Response:
    """Whoever it was; the next GET begins a new session."""
    response = Response(status_code=204)
    wiring.sessions.take(response)
    return response


@app.post("/api/exports")
async def request_export(request: Request) -> Response:
    owner = wiring.exporter(request)
    key = idempotency_key(request)
    body = await read_json(request, ExportBody)
    if needs_insider(body.document):
        owner = wiring.sessions.insider(request)
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


@app.post("/events")
async def take_event(request: Request) -> Response:
    return await taken("generic", request)


@app.post("/events/failures")
async def refuse_to_take_failures(request: Request) -> Response:
    """Whose address this is: the API sends every POST below /events here."""
    raise HTTPException(405, headers={"Allow": "GET, HEAD"})


@app.post("/events/{carrier}")
async def take_event_of(request: Request) -> Response:
    return await taken(request.path_params["carrier"], request)


@app.post("/api/calls/{id}/end")
async def mark_call_ended(request: Request) -> Response:
    marked_by, call_id = wiring.sessions.insider(request), path_id(request)
    person = wiring.sessions.session(request).person
    return JSONResponse(wiring.call_marks.end(call_id, person.email if person else marked_by))


async def taken(carrier: str, request: Request) -> Response:
    """202: the event is durably kept."""
    query = request.scope["query_string"].decode("latin-1")
    await wiring.call_events.take(carrier, dict(request.headers), await request.body(), query)
    return JSONResponse({"accepted": True}, 202)


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
