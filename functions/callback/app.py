"""What the queue calls: deliveries of jobs, and reports of giving up. The signature comes first, then the parsing.

Bare Starlette: what is delivered is parsed after its signature held, so there is nothing here for FastAPI to do, and a
cold start without it and pydantic is a third shorter.
"""

# ruff: noqa: E402
import gc

gc.disable()  # until lambda_handler: it would find nothing, and take a tenth of a cold start

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handoff.jobs.queues.base import Delivery, SignedRequest
from handoff.web.function import lambda_handler
from handoff.web.request_id import request_id
from handoff.wiring import Wiring

wiring = Wiring("callback")


async def deliver(request: Request) -> Response:
    delivery = await verified(request)
    wiring.deliveries.deliver(request.path_params["type"], delivery, request_id(request.scope))
    return JSONResponse({"done": True})


async def report_given_up(request: Request) -> Response:
    delivery = await verified(request)
    job_type = request.path_params["type"]
    wiring.deliveries.report_given_up(job_type, wiring.queue.read_given_up(delivery), request_id(request.scope))
    return JSONResponse({"recorded": True})


async def verified(request: Request) -> Delivery:
    """The delivery, once its signature over the raw body and this route's configured URL has held."""
    url = wiring.settings["DELIVERY_URL"] + request.scope["path"]
    return wiring.queue.verify(SignedRequest(url, request.headers, await request.body()))


app = Starlette(
    routes=[
        Route("/api/jobs/{type}", deliver, methods=["POST"]),
        Route("/api/jobs/{type}/failed", report_given_up, methods=["POST"]),
    ],
)
handler = lambda_handler(app)
