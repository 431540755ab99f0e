"""The functions of template.yaml: where their code is, what calls them, how long they may take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.local.gateway.tags import Loader

ANY = "ANY"
DEFAULT = "$default"
MESSAGES_AT_ONCE = 10
"""Where the template leaves it to a parameter."""
UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class TemplateError(Exception):
    """template.yaml says something the laptop's gateway does not understand."""


@dataclass(frozen=True)
class Route:
    """method: GET ... or ANY. path: with {variables}, the last maybe {greedy+}; "$default" takes what no other does."""

    method: str
    path: str
    function: str
    authorizer: str | None = None

    @property
    def key(self) -> str:
        return DEFAULT if self.path == DEFAULT else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Messages:
    """What a function takes from a queue of SQS: so many at once in one event, in so many events at the same time."""

    batch_size: int
    at_once: int
    reports_failures: bool


@dataclass(frozen=True)
class Function:
    """name is the name of its folder; timeout in seconds; schedules are intervals in seconds."""

    name: str
    module: Path
    timeout: float
    memory_mb: int
    routes: tuple[Route, ...]
    schedules: tuple[float, ...]
    messages: Messages | None = None


def read_functions(path: Path) -> list[Function]:
    """Every AWS::Serverless::Function of a SAM template, with its HttpApi, Schedule and SQS events, and with the routes
    that lead to it from an API beside SAM's. Not what CloudFormation calls, which a laptop has none of.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html
    """
    document = yaml.load(path.read_text(), Loader=Loader)  # noqa: S506 # nosec B506 (it is a SafeLoader)
    common = document.get("Globals", {}).get("Function", {})
    resources = document["Resources"]
    return [
        read_function({**common, **resource["Properties"]}, path.parent, plain_routes(resources, name))
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function" and name != "MigrateFunction"
    ]


def plain_routes(resources: dict[str, Any], function: str) -> list[dict[str, Any]]:
    """The AWS::ApiGatewayV2::Route resources that lead to a function, as SAM would have them in its events."""
    found = []
    for route in (each["Properties"] for each in resources.values() if each["Type"] == "AWS::ApiGatewayV2::Route"):
        integration = route["Target"]["Fn::Sub"].removeprefix("integrations/${").removesuffix("}")
        if resources[integration]["Properties"]["IntegrationUri"] != {"Fn::GetAtt": f"{function}.Arn"}:
            continue
        method, _, path = route["RouteKey"].rpartition(" ")
        authorizer = plain_authorizer(route.get("AuthorizerId"))
        found.append({"Method": method or ANY, "Path": path, "Auth": {"Authorizer": authorizer}})
    return found


def plain_authorizer(value: Any) -> str | None:
    """The authorizer's name; which a condition leaves out where nobody can sign in."""
    match value:
        case {"Ref": str(name)} | {"Fn::If": [_, {"Ref": str(name)}, _]}:
            return name
    return None


def read_function(properties: dict[str, Any], root: Path, plain: list[dict[str, Any]]) -> Function:
    folder = root / properties["CodeUri"]
    module, _, attribute = properties["Handler"].rpartition(".")
    if attribute != "handler":
        raise TemplateError(f"{folder.name}: the handler must be called `handler`, not `{attribute}`.")
    events = properties.get("Events", {}).values()
    return Function(
        name=folder.name,
        module=folder / f"{module}.py",
        timeout=plain_number(properties.get("Timeout"), 30),
        memory_mb=int(plain_number(properties.get("MemorySize"), 128)),
        routes=tuple(
            read_route(route, folder.name)
            for route in [*(event.get("Properties", {}) for event in events if event["Type"] == "HttpApi"), *plain]
        ),
        schedules=tuple(
            read_schedule(event["Properties"]) for event in events if event["Type"] in ("Schedule", "ScheduleV2")
        ),
        messages=next((read_messages(event["Properties"]) for event in events if event["Type"] == "SQS"), None),
    )


def read_route(properties: dict[str, Any], function: str) -> Route:
    authorizer = properties.get("Auth", {}).get("Authorizer")
    path = properties.get("Path", DEFAULT)
    return Route(properties.get("Method", ANY).upper(), path, function, None if authorizer == "NONE" else authorizer)


def read_schedule(properties: dict[str, Any]) -> float:
    """Seconds of "rate(5 minutes)". A laptop has no use for cron(...)."""
    expression = properties.get("Schedule") or properties["ScheduleExpression"]
    rate, _, unit = expression.removeprefix("rate(").removesuffix(")").partition(" ")
    if not expression.startswith("rate(") or unit.rstrip("s") not in UNIT_SECONDS:
        raise TemplateError(f"Schedule {expression!r} is not of the form rate(N minutes).")
    return float(rate) * UNIT_SECONDS[unit.rstrip("s")]


def read_messages(properties: dict[str, Any]) -> Messages:
    return Messages(
        batch_size=int(plain_number(properties.get("BatchSize"), 10)),
        at_once=int(plain_number(properties.get("ScalingConfig", {}).get("MaximumConcurrency"), MESSAGES_AT_ONCE)),
        reports_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
    )


def plain_number(value: Any, otherwise: float) -> float:
    """A number; `otherwise` where the template computes it (!Ref, !If) from what a laptop does not have."""
    return value if isinstance(value, int | float) else otherwise
