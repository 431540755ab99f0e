"""Which route a request takes, by API Gateway's rules."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from infra.local.gateway.template import ANY, DEFAULT, Route


class Routes:
    """The most specific match wins: a full match of path and method, then a greedy variable, then $default.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    Among full matches a literal segment beats a variable, and a named method ANY. Where a path is known but not with
    this method, $default answers.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        listed = list(routes)
        self._default = next((route for route in listed if route.path == DEFAULT), None)
        listed = [route for route in listed if route.path != DEFAULT]
        self._routes = [(split(route.path), route) for route in sorted(listed, key=specificity)]

    def find(self, method: str, raw_path: str) -> tuple[Route | None, dict[str, str]]:
        """The route, None where there is not even $default, and its variables, decoded. A %2F does not separate."""
        segments = split(raw_path)
        for pattern, route in self._routes:
            if route.method in (method, ANY) and (variables := match(pattern, segments)) is not None:
                return route, variables
        return self._default, {}


def match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    """The variables, or None when the path is not of this pattern. A variable is never empty."""
    if len(segments) < len(pattern) or (len(segments) > len(pattern) and not is_greedy(pattern[-1])):
        return None
    variables = {}
    for position, part in enumerate(pattern):
        if is_greedy(part) and segments[position]:
            variables[part[1:-2]] = unquote("/".join(segments[position:]))
        elif is_variable(part) and segments[position]:
            variables[part[1:-1]] = unquote(segments[position])
        elif part != segments[position]:
            return None
    return variables


def specificity(route: Route) -> tuple[int, list[bool], bool]:
    """Sorts the most specific first: greedy ones last, the longest of them first; then by segments; then by method."""
    parts = split(route.path)
    greedy = 1000 - len(parts) if is_greedy(parts[-1]) else 0
    return greedy, [is_variable(part) for part in parts], route.method == ANY


def split(path: str) -> list[str]:
    return path.split("/")[1:]


def is_variable(part: str) -> bool:
    return part.startswith("{")


def is_greedy(part: str) -> bool:
    return part.endswith("+}")
