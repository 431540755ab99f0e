import ast
import re
from collections import Counter

import pytest

from tests.infra.cloudformation import FUNCTIONS, QUEUES, ROOT, Template, of_each_function

ROUTES = {
    "GET /api/session": "status",
    "POST /api/session": "trigger",
    "DELETE /api/session": "trigger",
    "POST /api/exports": "trigger",
    "POST /api/exports/{id}/retry": "trigger",
    "POST /api/exports/{id}/cancel": "trigger",
    "POST /api/exports/{id}/links": "trigger",
    "POST /api/generations": "trigger",
    "POST /api/images/{id}/retry": "trigger",
    "POST /api/images/{id}/cancel": "trigger",
    "POST /api/images/{id}/links": "trigger",
    "DELETE /api/links/{id}": "trigger",
    "POST /api/jobs/{type}": "callback",
    "POST /api/jobs/{type}/failed": "callback",
    "POST /api/worker/{provider}/{id}": "callback",
    "POST /api/worker/{provider}/{id}/failed": "callback",
    "GET /api/exports": "status",
    "GET /api/exports/{id}": "status",
    "GET /api/generations": "status",
    "GET /api/generations/latest": "status",
    "GET /api/generations/{id}": "status",
    "POST /events": "trigger",
    "POST /events/{carrier}": "trigger",
    "POST /api/calls/{id}/end": "trigger",
    "GET /events/failures": "status",
    "GET /api/calls": "status",
    "GET /api/calls/timeline": "status",
    "GET /api/health": "status",
    "ANY $default": "status",
    "ANY /download/{token}": "download",
}

API_SECONDS = 30
"""An HTTP API waits no longer: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""


def test_every_route_is_there_once_and_leads_to_its_function(template: Template) -> None:
    routes = [(f"{method} {path}", function) for method, path, function in template.routes()]
    assert max(Counter(route for route, _ in routes).values()) == 1
    assert dict(routes) == ROUTES


def test_the_sweep_runs_every_minute(template: Template) -> None:
    (event,) = template.events("sweep", "Schedule")
    assert event["Schedule"] == "rate(1 minute)"


@pytest.mark.parametrize("queue", QUEUES)
def test_every_function_is_in_the_template_where_it_is_needed(queue: str) -> None:
    assert sorted(Template("template.yaml", QueueProvider=queue).functions()) == sorted(FUNCTIONS[queue])


@of_each_function
def test_a_handler_is_a_name_in_a_file(function: str, template: Template) -> None:
    properties = {**template.body["Globals"]["Function"], **template.function(function)}
    module, name = properties["Handler"].split(".")
    tree = ast.parse((ROOT / properties["CodeUri"] / f"{module}.py").read_text())
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assigned = [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert name in defined + assigned


@pytest.mark.parametrize("function", ["trigger", "callback", "status", "download"])
def test_a_function_of_the_web_gives_up_before_the_api_does(function: str, template: Template) -> None:
    if function == "callback" and template.parameters["LongJobs"] == "on":
        return  # the queue calls it at an address of its own
    assert template.function(function)["Timeout"] < API_SECONDS


@of_each_function
def test_a_job_ends_itself_before_its_function_and_its_lease_do(template: Template, function: str) -> None:
    if function not in ("callback", "consume"):
        return
    values = {name: template.value(written) for name, written in template.environment(function).items()}
    assert values["JOB_TIME_LIMIT_SECONDS"] < template.function(function)["Timeout"]
    assert values["JOB_TIME_LIMIT_SECONDS"] < values["LEASE_SECONDS"]


def test_status_has_time_left_after_it_has_waited(template: Template) -> None:
    wait = template.value(template.environment("status")["WAIT_MAX_SECONDS"])
    assert wait + 5 <= template.function("status")["Timeout"]


def test_access_logs_hold_the_route_and_never_the_path_or_anything_a_person_sent(template: Template) -> None:
    written = template.properties("HttpApi")["AccessLogSettings"]["Format"]
    assert set(re.findall(r"\$context\.([A-Za-z.]+)", written)) == {
        "requestTime", "requestId", "routeKey", "status", "responseLength", "responseLatency",
        "integrationStatus", "integrationLatency", "error.responseType",
    }  # fmt: skip
