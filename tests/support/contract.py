"""The contract of the HTTP API, schema/openapi.yaml, as tests read it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DOCUMENT = Path(__file__).parents[2] / "schema/openapi.yaml"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


@dataclass(frozen=True, eq=False)
class Operation:
    """One method of one path. `responses` are by status, `security` are the names of its schemes."""

    method: str
    path: str
    security: frozenset[str]
    responses: Mapping[int, Mapping[str, Any]]
    pattern: re.Pattern[str]


@cache
def document() -> dict[str, Any]:
    """The whole of it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(DOCUMENT.read_bytes(), loader)
    return loaded


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation."""
    return tuple(_operations())


def triples() -> set[tuple[str, str, int]]:
    """(method, path, status) of every documented answer."""
    return {(each.method, each.path, status) for each in operations() for status in each.responses}


def follow(node: Any) -> Any:
    """What a reference leads to; anything else is itself."""
    while "$ref" in node:
        found: Any = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def path_pattern(path: str) -> re.Pattern[str]:
    """A route's path as an HTTP API matches it: a parameter is one segment, whatever is in it once it is decoded."""
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)), re.DOTALL)


def _operations() -> Iterator[Operation]:
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                yield Operation(
                    method=method.upper(),
                    path=path,
                    security=frozenset(name for choice in item[method]["security"] for name in choice),
                    responses={int(status): follow(response) for status, response in item[method]["responses"].items()},
                    pattern=path_pattern(path),
                )
