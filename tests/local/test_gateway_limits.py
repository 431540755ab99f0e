"""AWS's limits, on a laptop too."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from infra.local.gateway.limits import Limits
from tests.local.gateways import running_gateway

TOO_LARGE = {"message": "Request Entity Too Large"}
MEGABYTE = 1024 * 1024


def slow_pids(client: httpx.Client, requests: int, seconds: float) -> set[int]:
    with ThreadPoolExecutor(requests) as pool:
        answers = pool.map(lambda _: client.get("/api/slow", params={"seconds": seconds}), range(requests))
        return {answer.json()["pid"] for answer in answers}


def test_an_event_over_6_mb_is_a_413(gateway: httpx.Client) -> None:
    octets = {"content-type": "application/octet-stream"}
    assert gateway.post("/api/things?do=plain", content=bytes(4 * MEGABYTE), headers=octets).status_code == 200
    response = gateway.post("/api/things?do=plain", content=bytes(5 * MEGABYTE), headers=octets)
    assert (response.status_code, response.json()) == (413, TOO_LARGE), "5 MB are more than 6 MB in base64"


def test_a_body_over_10_mb_is_a_413(gateway: httpx.Client) -> None:
    response = gateway.post("/api/things", content=bytes(10 * MEGABYTE + 1))
    assert (response.status_code, response.json()) == (413, TOO_LARGE)


def test_an_answer_over_6_mb_is_a_500(gateway: httpx.Client) -> None:
    largest = Limits.answer_bytes - len('""')
    assert len(gateway.get(f"/api/things?do=large&size={largest}").content) == largest
    response = gateway.get(f"/api/things?do=large&size={largest + 1}")
    assert (response.status_code, response.json()) == (500, {"message": "Internal Server Error"})


def test_headers_over_10_kb_are_a_431(gateway: httpx.Client) -> None:
    assert gateway.get("/api/things", headers={"x": "y" * 9_000}).status_code == 200
    assert gateway.get("/api/things", headers={"x": "y" * 10_240}).status_code == 431


def test_a_function_that_overruns_is_a_503_and_is_replaced(tmp_path: Path) -> None:
    with running_gateway(tmp_path, limits=Limits(integration_seconds=0.5)) as client:
        before = slow_pids(client, 1, 0)
        began = time.monotonic()
        response = client.get("/api/slow?seconds=20")
        assert (response.status_code, response.json()) == (503, {"message": "Service Unavailable"})
        assert time.monotonic() - began < 10
        assert not slow_pids(client, 1, 0) & before
        assert not [pid for pid in before if Path(f"/proc/{pid}/cmdline").exists()]


def test_a_container_takes_one_event_at_a_time(gateway: httpx.Client) -> None:
    assert len(slow_pids(gateway, 3, 1.5)) == 3


def test_beyond_the_cap_events_wait(tmp_path: Path) -> None:
    with running_gateway(tmp_path, limits=Limits(containers=2)) as client:
        began = time.monotonic()
        assert len(slow_pids(client, 4, 0.3)) == 2
        assert time.monotonic() - began > 0.6


def test_quick_events_share_a_container(gateway: httpx.Client) -> None:
    gateway.get("/api/things")
    assert len({gateway.get("/api/things").json()["pid"] for _ in range(20)}) == 1
