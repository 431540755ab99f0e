"""The contract as a page: five files, under the same policy as the page itself."""

import httpx
import pytest

from tests.support.contract import DOCUMENT

FILES = {
    "/docs": "text/html; charset=utf-8",
    "/docs/": "text/html; charset=utf-8",
    "/docs/start.js": "text/javascript; charset=utf-8",
    "/docs/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "/docs/swagger-ui.css": "text/css; charset=utf-8",
    "/docs/openapi.yaml": "application/yaml",
}


@pytest.mark.parametrize(("path", "content_type"), FILES.items())
def test_each_file_has_its_type_and_the_pages_policy(path: str, content_type: str, gateway: httpx.Client) -> None:
    answer = gateway.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    assert answer.headers["content-security-policy"] == gateway.get("/").headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert gateway.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_the_contract_is_the_file_itself(gateway: httpx.Client) -> None:
    assert gateway.get("/docs/openapi.yaml").content == DOCUMENT.read_bytes()


@pytest.mark.parametrize(
    "path", ["/docs/redoc.standalone.js", "/docs/migrate.py", "/docs/../pyproject.toml", "/docs/index.html", "/docsx"]
)
def test_there_is_nothing_else(path: str, gateway: httpx.Client) -> None:
    assert gateway.get(path).status_code == 404
