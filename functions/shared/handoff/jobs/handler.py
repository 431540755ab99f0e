"""What a queue calls: a delivery of a job, and its report of giving up.

    from handoff.jobs import request_handler

    jobs = request_handler(queue, {"greet": Greet()}, base_url="https://example.com/api/jobs", retries=3)
    app = Starlette(routes=[Mount("/api/jobs", jobs)])

POST /{type} is a delivery, POST /{type}/failed the report: 200 when it is done, 401 without a valid signature, 409 with
Retry-After while another worker is at it, 489 when no further attempt can help, 500 when one can. Errors are
application/problem+json (RFC 9457).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from handoff.jobs.base import Job
from handoff.jobs.deliver import Deliveries
from handoff.jobs.queues.base import Delivery, Queue, Report, SignedRequest
from handoff.web.problems import EXCEPTION_HANDLERS
from handoff.web.request_id import request_id


@dataclass(frozen=True)
class Endpoint:
    """`base_url` is where the routes are, as the queue's signatures name it: never taken from a request."""

    queue: Queue
    deliveries: Deliveries
    base_url: str


def request_handler(
    queue: Queue, jobs: Mapping[str, Job[Any]], *, base_url: str, retries: int = 3, retry_pause_seconds: int = 5
) -> ASGIApp:
    """An ASGI application to mount at `base_url`.

    `retries` and `retry_pause_seconds`: what the messages are sent with; see queues.base.Message. Each job runs in a
    thread of its own, so that a slow one keeps no other request waiting.
    """
    endpoint = Endpoint(queue, Deliveries(jobs, retries=retries, retry_pause_seconds=retry_pause_seconds), base_url)
    return Starlette(routes=job_routes("", lambda: endpoint, threads=True), exception_handlers=EXCEPTION_HANDLERS)


def job_routes(prefix: str, endpoint: Callable[[], Endpoint], *, threads: bool) -> list[Route]:
    """The two routes. `endpoint` is called at each request; `threads`: see request_handler."""

    async def call(function: Callable[..., None], *arguments: object) -> None:
        if threads:
            await run_in_threadpool(function, *arguments)
        else:
            function(*arguments)

    async def deliver(request: Request) -> Response:
        job_type = request.path_params["type"]
        delivery = await _verified(endpoint().queue, f"{endpoint().base_url}/{job_type}", request)
        await call(endpoint().deliveries.deliver, job_type, delivery, request_id(request.scope))
        return JSONResponse({"done": True})

    async def report_given_up(request: Request) -> Response:
        job_type = request.path_params["type"]
        report = await signed_report(endpoint().queue, f"{endpoint().base_url}/{job_type}/failed", request)
        await call(endpoint().deliveries.report_given_up, job_type, report, request_id(request.scope))
        return JSONResponse({"recorded": True})

    return [
        Route(f"{prefix}/{{type}}", deliver, methods=["POST"]),
        Route(f"{prefix}/{{type}}/failed", report_given_up, methods=["POST"]),
    ]


async def signed_report(queue: Queue, url: str, request: Request) -> Report:
    """What the queue tells of a message, once its signature has held. Raises UnsignedDeliveryError."""
    return queue.read_report(await _verified(queue, url, request))


async def _verified(queue: Queue, url: str, request: Request) -> Delivery:
    """The delivery, once its signature over the raw body and the configured URL has held."""
    return queue.verify(SignedRequest(url, request.headers, await request.body()))
