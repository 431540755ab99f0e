"""The gateway answers under its own names alone, so that no other name can be made to lead to it."""

from pathlib import Path

import httpx
import pytest

from infra.local.gateway.hosts import is_known, known_hosts
from tests.local.gateways import running_gateway


@pytest.mark.parametrize("path", ["/", "/api/things", "/download/token", "/storage/exports/one", "/absent"])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "localhost.evil.example:{port}",
        "localhost:{port}.evil.example",
        "localhost:{port}0",
        "tunnel.example.evil.example",
        "localhost",
        "localhost:1",
    ],
)
def test_a_page_that_leads_its_own_name_here_learns_nothing(gateway: httpx.Client, path: str, host: str) -> None:
    response = gateway.get(path, headers={"Host": host.format(port=gateway.base_url.port)})
    assert (response.status_code, response.headers["content-type"]) == (421, "text/plain; charset=utf-8")
    assert "tunnel" not in response.text
    assert "apigw-requestid" not in response.headers


def test_a_request_under_another_name_reaches_no_function_and_is_logged_without_its_path(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as client:
        assert client.post("/api/things?do=canary", json={}, headers={"Host": "evil.example"}).status_code == 421
    assert not (tmp_path / "echo.jsonl").exists() or (tmp_path / "echo.jsonl").read_text() == ""
    log = (tmp_path / "gateway.jsonl").read_text()
    assert '"status": 421' in log
    assert "canary" not in log


@pytest.mark.parametrize(
    "host",
    [
        "localhost:{port}",
        "LocalHost:{port}",
        "127.0.0.1:{port}",
        "[::1]:{port}",
        "tunnel.example",
        "tunnel.example:443",
    ],
)
def test_the_page_is_there_under_each_of_its_names(gateway: httpx.Client, host: str) -> None:
    assert gateway.get("/", headers={"Host": host.format(port=gateway.base_url.port)}).status_code == 200


def test_a_schemes_own_port_may_be_left_out() -> None:
    assert {"localhost", "localhost:80", "[::1]"} <= known_hosts(80)
    assert "localhost" not in known_hosts(8080)
    assert {"tunnel.example:8443"} == known_hosts(8000, "https://Tunnel.Example:8443/path") - known_hosts(8000)


def test_a_request_without_one_name_is_under_none() -> None:
    hosts = known_hosts(8000)
    assert is_known([(b"host", b"localhost:8000")], hosts)
    assert not is_known([], hosts)
    assert not is_known([(b"host", b"localhost:8000"), (b"host", b"evil.example")], hosts)
