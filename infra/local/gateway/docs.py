"""The contract as a page, on the laptop alone: Swagger UI over schema/openapi.yaml, and nothing from anywhere else.

Swagger UI's own files are those that the package fastapi-offline carries; nothing of its Python runs here.
"""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from infra.local.gateway.static import Page
from infra.local.state import ROOT

PREFIX = "/docs"
OWN = Path(__file__).with_suffix("")


class Docs(Page):
    """These files and no others, under the page's own policy: no inline script or style, no eval, no other origin."""

    def __init__(self) -> None:
        super().__init__(OWN)

    @staticmethod
    def has(path: str) -> bool:
        return path == PREFIX or path.startswith(PREFIX + "/")

    def _find(self, path: str) -> Path | None:
        return self._files.get(path.removeprefix(PREFIX).strip("/"))

    @cached_property
    def _files(self) -> dict[str, Path]:
        """Looked up when they are first asked for."""
        package = find_spec("fastapi_offline")
        assert package
        assert package.origin
        swagger_ui = Path(package.origin).parent / "static"
        return {
            "": OWN / "index.html",
            "start.js": OWN / "start.js",
            "openapi.yaml": ROOT / "schema/openapi.yaml",
            "swagger-ui-bundle.js": swagger_ui / "swagger-ui-bundle.js",
            "swagger-ui.css": swagger_ui / "swagger-ui.css",
        }
