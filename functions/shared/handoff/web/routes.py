"""Which methods each path has, to answer requests that no route takes. A test compares it with template.yaml.

HEAD is wherever GET is: no route of the template names it, so it comes by $default to status, which answers it.
"""

import re

ROUTES: dict[str, tuple[str, ...]] = {
    "/api/session": ("GET", "POST", "DELETE"),
    "/api/exports": ("GET", "POST"),
    "/api/exports/{id}": ("GET",),
    "/api/exports/{id}/retry": ("POST",),
    "/api/exports/{id}/cancel": ("POST",),
    "/api/exports/{id}/links": ("POST",),
    "/api/generations": ("GET", "POST"),
    "/api/generations/latest": ("GET",),
    "/api/generations/{id}": ("GET",),
    "/api/images/{id}/retry": ("POST",),
    "/api/images/{id}/cancel": ("POST",),
    "/api/images/{id}/links": ("POST",),
    "/api/links/{id}": ("DELETE",),
    "/api/jobs/{type}": ("POST",),
    "/api/jobs/{type}/failed": ("POST",),
    "/api/worker/{provider}/{id}": ("POST",),
    "/api/worker/{provider}/{id}/failed": ("POST",),
    "/api/health": ("GET",),
    "/events": ("POST",),
    "/events/failures": ("GET",),
    "/events/{carrier}": ("POST",),
    "/api/calls": ("GET",),
    "/api/calls/timeline": ("GET",),
    "/api/calls/{id}/end": ("POST",),
    "/download/{token}": ("GET",),
}


def allowed_methods(path: str) -> tuple[str, ...]:
    """The methods of a path, or nothing where there is no such path."""
    for pattern, methods in PATTERNS.items():
        if pattern.fullmatch(path):
            return methods
    return ()


def _with_head(methods: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for method in methods for each in (("GET", "HEAD") if method == "GET" else (method,)))


PATTERNS = {re.compile(re.sub(r"\{\w+\}", "[^/]+", path)): _with_head(methods) for path, methods in ROUTES.items()}
