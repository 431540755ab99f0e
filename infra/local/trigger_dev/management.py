"""What is asked of runs: list, retrieve, replay, tag. https://trigger.dev/docs/management/overview"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from infra.local.trigger_dev import durations
from infra.local.trigger_dev.requests import RefusedError, read_tags
from infra.local.trigger_dev.runs import Run, Runs

TASK = "handoff-deliver"
FAILED = ("FAILED", "EXPIRED")
MOST = 100
DEFAULT_PERIOD = "7d"


class Management:
    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    async def list_runs(self, request: Request) -> JSONResponse:
        """Newest first. https://trigger.dev/docs/management/runs/list"""
        query = request.query_params
        statuses = [status for status in query.get("filter[status]", "").split(",") if status]
        tasks = [task for task in query.get("filter[taskIdentifier]", "").split(",") if task]
        seconds = durations.seconds(query.get("filter[createdAt][period]", DEFAULT_PERIOD)) or 0
        since = datetime.now(UTC) - timedelta(seconds=seconds)
        found = [
            run
            for run in reversed(self._runs.all())
            if run.created_at >= since and (not statuses or run.status in statuses) and (not tasks or TASK in tasks)
        ]
        after = query.get("page[after]")
        begin = next((at + 1 for at, run in enumerate(found) if run.id == after), 0)
        size = min(int(query.get("page[size]", "25")), MOST)
        page = found[begin : begin + size]
        next_page = {"next": page[-1].id} if page and begin + size < len(found) else {}
        return JSONResponse({"data": [_common(run) for run in page], "pagination": next_page})

    async def retrieve(self, request: Request) -> JSONResponse:
        """https://trigger.dev/docs/management/runs/retrieve"""
        run = self._known(request)
        error = {"error": {"name": "Error", "message": run.told}} if run.status in FAILED and run.told else {}
        more = {"payload": run.request.payload, "relatedRuns": {}, "attemptCount": run.attempts, **error}
        return JSONResponse({**_common(run), **more})

    async def replay(self, request: Request) -> JSONResponse:
        """https://trigger.dev/docs/management/runs/replay"""
        return JSONResponse({"id": self._runs.replay(self._known(request)).id})

    async def add_tags(self, request: Request) -> JSONResponse:
        """https://trigger.dev/docs/management/runs/add-tags"""
        run = self._known(request)
        try:
            given = json.loads(await request.body())["tags"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise RefusedError(400, "Invalid request body") from None
        run.tags |= set(read_tags(given))
        return JSONResponse({"message": f"Successfully set {len(run.tags)} tags."})

    def _known(self, request: Request) -> Run:
        run = self._runs.get(request.path_params["run"])
        if run is None:
            raise RefusedError(404, "Run not found")
        return run


def _common(run: Run) -> dict[str, Any]:
    """As CommonRunFields of the vendor's own schemas."""
    moment = run.created_at.isoformat().replace("+00:00", "Z")
    return {
        "id": run.id,
        "status": run.status,
        "taskIdentifier": TASK,
        "isQueued": run.status in ("QUEUED", "DELAYED"),
        "isExecuting": run.status == "EXECUTING",
        "isWaiting": False,
        "isCompleted": run.is_over,
        "isSuccess": run.status == "COMPLETED",
        "isFailed": run.status in FAILED,
        "isCancelled": run.status == "CANCELED",
        "isTest": False,
        "createdAt": moment,
        "updatedAt": moment,
        "tags": sorted(run.tags),
        "costInCents": 0,
        "baseCostInCents": 0,
        "durationMs": 0,
        "depth": 0,
        "triggerFunction": "trigger",
        "env": {"id": "local", "name": "dev"},
    }
