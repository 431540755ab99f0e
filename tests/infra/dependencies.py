"""Which resource of a template waits for which."""

from typing import Any

from infra.sam.cycles import mentioned
from tests.infra.cloudformation import Template, as_list


def dependencies(template: Template) -> dict[str, set[str]]:
    """What each resource waits for. An API waits for the functions of its routes, not the functions for it."""
    graph: dict[str, set[str]] = {name: set() for name in template.resources}
    common = template.body.get("Globals", {}).get("Function", {})
    for name, resource in template.resources.items():
        needs: Any = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            for event in needs.get("Events", {}).values():
                if api := event["Properties"].get("ApiId"):
                    graph[api["Ref"]].add(name)
            needs = [common, {key: value for key, value in needs.items() if key != "Events"}]
        graph[name] |= mentioned(needs) & set(template.resources)
        graph[name] |= set(as_list(resource.get("DependsOn", [])))
    return graph
