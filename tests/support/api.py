"""Which function gets a request: the routes of template.yaml, matched as an HTTP API matches them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from types import ModuleType
from typing import Any

from tests.support.contract import path_pattern
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff
from tests.support.routes import routes


def function_for(handoff: Handoff, method: str, path: str) -> ModuleType:
    """The loaded function that such a request reaches."""
    for route_method, route_path, function in routes():
        if route_method in (method, "ANY") and path_pattern(route_path).fullmatch(path):
            return getattr(handoff, function)  # type: ignore[no-any-return]
    return handoff.status


def call(handoff: Handoff, method: str, path: str, **request: Any) -> Answer:
    """Send a request through the API's routes."""
    return invoke(function_for(handoff, method, path), event(method, path, **request))
