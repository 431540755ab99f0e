"""What people start, retry, cancel, link to and revoke: a statement, and a message where work begins. And what carriers
tell of calls, which is a message alone."""

import handoff.cold_start  # noqa: F401 - before the others

from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.responses import JSONResponse, Response

from handoff.exports.request import needs_insider
from handoff.web.body import read_json, refuse_large_body
from handoff.web.function import lambda_handler
from handoff.web.identifiers import path_id
from handoff.web.session import bearer_token, refuse_other_sites
from handoff.web.wishes import ExportBody, GenerationBody, accepted, idempotency_key, issued
from handoff.wiring import Wiring

wiring = Wiring("trigger")
app = FastAPI(openapi_url=None, dependencies=[Depends(refuse_other_sites), Depends(refuse_large_body)])
# Carriers sign their events, and may send them directly.
handler = lambda_handler(app, origin=lambda: wiring.settings, signed=lambda path: f"{path}/".startswith("/events/"))


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
    export_id, new = wiring.export_requests.request(owner, body.document, body.parameters, key)
    await wiring.publisher.publish(*new)
    return accepted(export_id, f"/api/exports/{export_id}")


@app.post("/api/exports/{id}/retry")
async def retry_export(request: Request) -> Response:
    owner, export_id = wiring.exporter(request), path_id(request)
    _, due = wiring.export_requests.retry(export_id, owner, idempotency_key(request))
    await wiring.publisher.publish(*due)
    return accepted(export_id, f"/api/exports/{export_id}")


@app.post("/api/exports/{id}/cancel")
async def cancel_export(request: Request) -> Response:
    owner, export_id = wiring.exporter(request), path_id(request)
    wiring.export_requests.cancel(export_id, owner)
    return JSONResponse({"id": str(export_id), "state": "canceled"})


@app.post("/api/exports/{id}/links")
async def issue_link(request: Request) -> Response:
    owner, export_id = wiring.exporter(request), path_id(request)
    return issued(wiring.links.issue(export_id, owner))


@app.post("/api/generations")
async def request_generation(request: Request) -> Response:
    owner = wiring.sessions.person(request)
    key = idempotency_key(request)
    body = await read_json(request, GenerationBody)
    wish = body.model_dump(exclude_unset=True)
    generation_id, new = wiring.image_requests.request(owner, **wish, idempotency_key=key)
    await wiring.publisher.publish(*new)
    return accepted(generation_id, f"/api/generations/{generation_id}")


@app.post("/api/images/{id}/retry")
async def retry_image(request: Request) -> Response:
    owner, image_id = wiring.sessions.person(request), path_id(request)
    image, due = wiring.image_requests.retry(image_id, owner, idempotency_key(request))
    await wiring.publisher.publish(*due)
    return accepted(image_id, f"/api/generations/{image.generation_id}")


@app.post("/api/images/{id}/cancel")
async def cancel_image(request: Request) -> Response:
    owner, image_id = wiring.sessions.person(request), path_id(request)
    await wiring.publisher.call_back(wiring.image_requests.cancel(image_id, owner))
    return JSONResponse({"id": str(image_id), "state": "canceled"})


@app.post("/api/images/{id}/links")
async def issue_image_link(request: Request) -> Response:
    owner, image_id = wiring.sessions.person(request), path_id(request)
    return issued(wiring.links.issue(image_id, owner))


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
