"""The page's files, and nothing beside them."""

import re
from pathlib import Path

import httpx
import pytest

from infra.local.gateway.app import FUNCTION_PATHS
from infra.local.gateway.static import Page
from infra.local.state import ROOT
from tests.local.gateways import running_gateway


def test_the_root_is_the_index(gateway: httpx.Client) -> None:
    response = gateway.get("/")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<title>Page</title>" in response.text


def test_files_have_their_types(gateway: httpx.Client) -> None:
    assert gateway.get("/js/one.js").headers["content-type"] == "text/javascript; charset=utf-8"


def test_head_has_the_headers_alone(gateway: httpx.Client) -> None:
    got, head = gateway.get("/js/one.js"), gateway.head("/js/one.js")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))


def test_an_unchanged_file_is_not_sent_again(gateway: httpx.Client) -> None:
    etag = gateway.get("/").headers["etag"]
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = gateway.get("/", headers={"If-None-Match": given})
        assert (response.status_code, response.content) == (304, b"")
    assert gateway.get("/", headers={"If-None-Match": '"other"'}).status_code == 200


def test_other_methods_are_refused(gateway: httpx.Client) -> None:
    response = gateway.post("/")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_every_answer_has_the_security_headers(gateway: httpx.Client) -> None:
    for path in ("/", "/absent"):
        headers = gateway.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/js/..%2f..%2fsecret.txt",
        "/js/%2e%2e/%2e%2e/secret.txt",
        "//etc/hostname",
        "/link.txt",
        "/.hidden.txt",
        "/.git/config.txt",
        "/js",
        "/js/",
        "/one.unknown",
        "/a%00.txt",
    ],
)
def test_nothing_outside_the_folder_is_served(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "page"
    (folder / "js").mkdir(parents=True)
    (folder / ".git").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    for name in (".hidden.txt", ".git/config.txt", "one.unknown"):
        (folder / name).write_text("secret")
    assert Page(folder).answer("GET", httpx.URL("http://x" + path).path, "").status == 404
    assert Page(folder).answer("GET", path, "").status == 404


def test_the_functions_have_the_paths_that_cloudfront_gives_them() -> None:
    patterns = re.findall(r"PathPattern: (\S+)", (ROOT / "infra" / "frontend.yaml").read_text())
    assert {f"{path}*" for path in FUNCTION_PATHS} <= set(patterns)
    assert all(pattern.startswith(FUNCTION_PATHS) for pattern in patterns)


def test_an_edit_is_seen_at_the_next_request(tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    file.write_text("old")
    with running_gateway(tmp_path / "logs", page=tmp_path) as client:
        old = client.get("/")
        file.write_text("newer")
        new = client.get("/")
    assert (old.text, new.text) == ("old", "newer")
    assert old.headers["etag"] != new.headers["etag"]
