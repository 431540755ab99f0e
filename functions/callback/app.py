"""What the queue calls: deliveries of jobs, and reports of giving up. The signature comes first, then the parsing."""

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from handoff.jobs.queues.base import Delivery, SignedRequest
from handoff.web.function import lambda_handler
from handoff.web.request_id import request_id
from handoff.wiring import Wiring

wiring = Wiring("callback")
app = FastAPI(openapi_url=None)
handler = lambda_handler(app)


@app.post("/api/jobs/{type}")
async def deliver(type: str, request: Request) -> Response:
    delivery = await verified(request)
    wiring.deliveries.deliver(type, delivery, request_id(request.scope))
    return JSONResponse({"done": True})


@app.post("/api/jobs/{type}/failed")
async def report_given_up(type: str, request: Request) -> Response:
    delivery = await verified(request)
    wiring.deliveries.report_given_up(type, wiring.queue.read_given_up(delivery), request_id(request.scope))
    return JSONResponse({"recorded": True})


async def verified(request: Request) -> Delivery:
    """The delivery, once its signature over the raw body and this route's configured URL has held."""
    url = wiring.settings["DELIVERY_URL"] + request.scope["path"]
    return wiring.queue.verify(SignedRequest(url, request.headers, await request.body()))
