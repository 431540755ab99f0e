"""/v2/logs, and /v2/events as the SDKs call it. https://upstash.com/docs/qstash/api-reference/logs/list-logs"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.qstash.api.filters import Filters, of_message
from infra.local.qstash.api.paging import page, query_of
from infra.local.qstash.api.requests import service
from infra.local.qstash.journal import Entry, State

_IN_PROGRESS = {State.ACTIVE, State.RETRY, State.ERROR}


def _state_is(entry: Entry, values: set[str]) -> bool:
    wanted = {value.upper().replace("CANCELLED", "CANCELED") for value in values}
    return entry.state in wanted or ("IN_PROGRESS" in wanted and entry.state in _IN_PROGRESS)


_FILTERS: Filters[Entry] = {**of_message(lambda entry: entry.message), "state": _state_is}


async def list_logs(request: Request) -> Response:
    """A page, at most 1,000 (the SDK's limit; the reference says 100). The list's name is the path's."""
    entries, cursor = page(service(request).journal, query_of(request), _FILTERS, most=1000, order="latestFirst")
    name = request.url.path.rpartition("/")[2]
    listed = {name: [entry.as_json() for entry in entries]}
    return JSONResponse(listed | ({"cursor": cursor} if cursor else {}))


ROUTES = [Route("/v2/logs", list_logs, methods=["GET"]), Route("/v2/events", list_logs, methods=["GET"])]
