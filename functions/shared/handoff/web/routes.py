"""Which methods each path has, to answer requests that no route takes. A test compares it with template.yaml."""

import re

ROUTES: dict[str, tuple[str, ...]] = {
    "/api/session": ("GET",),
    "/api/exports": ("GET", "POST"),
    "/api/exports/{id}": ("GET",),
    "/api/exports/{id}/retry": ("POST",),
    "/api/exports/{id}/cancel": ("POST",),
    "/api/exports/{id}/links": ("POST",),
    "/api/links/{id}": ("DELETE",),
    "/api/jobs/{type}": ("POST",),
    "/api/jobs/{type}/failed": ("POST",),
    "/api/health": ("GET",),
    "/download/{token}": ("GET", "HEAD"),
}

PATTERNS = {re.compile(re.sub(r"\{\w+\}", "[^/]+", path)): methods for path, methods in ROUTES.items()}


def allowed_methods(path: str) -> tuple[str, ...]:
    """The methods of a path, or nothing where there is no such path."""
    for pattern, methods in PATTERNS.items():
        if pattern.fullmatch(path):
            return methods
    return ()
