"""What the queue calls: deliveries of jobs, and reports of giving up. The signature comes first, then the parsing."""

import handoff.cold_start  # noqa: F401 - before the others

from starlette.applications import Starlette

from handoff.jobs.handler import job_routes
from handoff.web.function import lambda_handler
from handoff.wiring import Wiring

wiring = Wiring("callback")
# A Lambda container has one request at a time, and the connection of its database is not for several threads.
app = Starlette(routes=job_routes("/api/jobs", lambda: wiring.job_endpoint, threads=False))
handler = lambda_handler(app)
