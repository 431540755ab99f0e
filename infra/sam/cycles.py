"""Looks for resources that wait for themselves in what SAM makes of the template. AWS says so when it is deployed, not
before: `sam validate` and cfn-lint do not.

Usage, with the Python of the SAM CLI, whose translator it uses: python infra/sam/cycles.py template.yaml
"""

import re
import sys
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from types import MappingProxyType
from typing import Any

UPLOADED = "s3://bucket/key"
"""Where code is once it is packaged."""


def main(path: Path) -> int:
    if found := cycle(translated(path)["Resources"]):
        print(f"sam-check: {path.name}: each of these waits for the next: {', '.join(found)}", file=sys.stderr)
        return 1
    return 0


def translated(path: Path, uploaded: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """What SAM makes of the template. `uploaded`: where the content of some resources is once it is packaged."""
    from samcli.yamlhelper import yaml_parse  # type: ignore[import-not-found]
    from samtranslator.translator.transform import transform  # type: ignore[import-not-found]

    class NoPolicies:
        def load(self) -> dict[str, str]:
            return {}

    template = yaml_parse(path.read_text())
    for resource_name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for name in {"CodeUri", "ContentUri"} & properties.keys():
            properties[name] = uploaded.get(resource_name, UPLOADED)
    found: dict[str, Any] = transform(template, {}, NoPolicies())
    return found


def cycle(resources: dict[str, Any]) -> list[str]:
    """The names in a circle of resources, the first one last again; empty where there is none."""
    graph = {name: mentioned(resource) & resources.keys() for name, resource in resources.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def mentioned(value: Any) -> set[str]:
    """Whatever a resource names, whichever way a condition is decided: a circle would be one for somebody."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case {"Fn::GetAtt": str(name)}:
            return {name.partition(".")[0]}
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{(\w+)", text))
        case {"Fn::Sub": [str(text), dict(parts)]}:
            return set(re.findall(r"\$\{(\w+)", text)) - parts.keys() | mentioned(parts)
        case dict():
            waited = value.get("DependsOn", [])
            named = {waited} if isinstance(waited, str) else {each for each in waited if isinstance(each, str)}
            return named.union(*map(mentioned, value.values()))
        case list():
            return set().union(*map(mentioned, value))
    return set()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
