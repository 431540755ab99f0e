"""What the queue calls: deliveries of jobs, answers to the calls that make images, and reports of giving up.

The signature comes first, then the parsing.
"""

import handoff.cold_start  # noqa: F401 - before the others

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handoff.generations.receive import Answer, answer_of
from handoff.jobs.handler import job_routes, signed_report
from handoff.web.function import lambda_handler
from handoff.web.request_id import request_id
from handoff.wiring import Wiring

wiring = Wiring("callback")


async def receive_answer(request: Request) -> Response:
    answer = await signed_answer(request, "")
    unneeded = wiring.image_answers.receive(answer, request_id(request.scope))
    await wiring.publisher.call_back(unneeded)
    return JSONResponse({"recorded": True})


async def report_given_up(request: Request) -> Response:
    answer = await signed_answer(request, "/failed")
    wiring.image_answers.report_given_up(answer, request_id(request.scope))
    return JSONResponse({"recorded": True})


async def signed_answer(request: Request, what: str) -> Answer:
    """The signature covers the address's query too, which names the try."""
    provider, run_id, query = request.path_params["provider"], request.path_params["id"], request.url.query
    url = f"{wiring.settings['DELIVERY_URL']}/api/worker/{provider}/{run_id}{what}" + (query and f"?{query}")
    return answer_of(provider, run_id, query, await signed_report(wiring.queue, url, request))


# A Lambda container has one request at a time, and the connection of its database is not for several threads.
app = Starlette(
    routes=[
        *job_routes("/api/jobs", lambda: wiring.job_endpoint, threads=False),
        Route("/api/worker/{provider}/{id}", receive_answer, methods=["POST"]),
        Route("/api/worker/{provider}/{id}/failed", report_given_up, methods=["POST"]),
    ]
)
handler = lambda_handler(app)
