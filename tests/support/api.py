"""Which function gets a request: the routes of template.yaml, matched as an HTTP API matches them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

import re
from functools import cache
from types import ModuleType
from typing import Any

from tests.infra.cloudformation import Template
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff


@cache
def routes() -> tuple[tuple[str, str, str], ...]:
    """(method, path, function) of every route."""
    template = Template("template.yaml")
    found = []
    for function in template.functions():
        for declared in template.function(function)["Events"].values():
            if declared["Type"] == "HttpApi":
                found.append((declared["Properties"]["Method"], declared["Properties"]["Path"], function))
    return tuple(found)


def function_for(handoff: Handoff, method: str, path: str) -> ModuleType:
    """The loaded function that such a request reaches."""
    for route_method, route_path, function in routes():
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route_path))
        if route_method in (method, "ANY") and re.fullmatch(pattern, path, re.DOTALL):
            return getattr(handoff, function)  # type: ignore[no-any-return]
    return handoff.status


def call(handoff: Handoff, method: str, path: str, **request: Any) -> Answer:
    """Send a request through the API's routes."""
    return invoke(function_for(handoff, method, path), event(method, path, **request))
