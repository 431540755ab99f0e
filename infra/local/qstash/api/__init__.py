"""The v2 API: one file per resource, each a list of routes. https://upstash.com/docs/qstash/api-reference"""

from starlette.routing import Route

from infra.local.qstash.api import (
    batch,
    dlq,
    flow_control,
    keys,
    logs,
    messages,
    publish,
    queues,
    schedules,
    url_groups,
)

ROUTES: list[Route] = [
    *publish.ROUTES,
    *batch.ROUTES,
    *messages.ROUTES,
    *dlq.ROUTES,
    *logs.ROUTES,
    *keys.ROUTES,
    *queues.ROUTES,
    *flow_control.ROUTES,
    *schedules.ROUTES,
    *url_groups.ROUTES,
]
