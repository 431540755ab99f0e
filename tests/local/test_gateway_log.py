"""What the gateway writes down, and what it runs by the clock."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from infra.local.container import EVENT, encode, receive, send
from tests.local.gateways import FIXTURE, running_gateway

ECHO = str(FIXTURE / "functions/echo/app.py")


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "gateway.jsonl").read_text().splitlines()]


def test_the_log_names_routes_and_no_paths(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as client:
        client.get("/download/canary-token?secret=canary-query", headers={"X-Secret": "canary-header"})
        client.get("/canary-page")
        client.get("/api/things?do=raise")
    log = (tmp_path / "gateway.jsonl").read_text()
    assert "canary" not in log
    download, page, failed = lines(tmp_path)
    assert (download["route"], download["function"], download["status"]) == ("ANY /download/{token}", "echo", 200)
    assert download["cold_start"] is True
    assert download["duration_ms"] > 0
    assert (page["route"], page["status"]) == ("page", 404)
    assert (failed["status"], failed["error"]) == (500, "FunctionError: the handler raised ValueError")


def test_a_functions_output_goes_to_its_log_with_the_error_it_raised(tmp_path: Path) -> None:
    with running_gateway(tmp_path) as client:
        client.get("/api/things")
        client.get("/api/things?do=raise")
    handled, raised = (tmp_path / "echo.jsonl").read_text().splitlines()
    assert handled.startswith("handled")
    error = json.loads(raised)
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "as asked")
    assert "app.py" in error["stackTrace"][-1]


def test_what_fails_is_reported_with_where_to_look(tmp_path: Path) -> None:
    reports: list[str] = []
    with running_gateway(tmp_path, report=reports.append) as client:
        client.get("/api/broken")
    assert f"broken: DATABASE_URL is not set. See {tmp_path / 'broken.jsonl'}" in reports


def test_a_scheduled_function_runs_by_the_clock(tmp_path: Path) -> None:
    with running_gateway(tmp_path, sweep_interval=0.2):
        time.sleep(0.9)
    runs = (tmp_path / "swept").read_text().splitlines()
    assert set(runs) == {"aws.events"}
    assert 3 <= len(runs) <= 6
    assert {line["outcome"] for line in lines(tmp_path)} == {"ok"}


def test_a_line_of_a_function_and_its_end_are_written_at_once_for_its_containers_share_a_log() -> None:
    ours, theirs = socket.socketpair()
    # Each write is a message of its own here.
    log, output = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, log:
        with theirs, output:
            process = subprocess.Popen(
                [sys.executable, "-m", "infra.local.container", ECHO, "--socket", str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=output.fileno(),
                env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
                pass_fds=[theirs.fileno()],
            )
        with process:
            assert receive(ours) == b"{}"
            context = {
                "aws_request_id": "one", "deadline_ms": 0, "function_name": "echo", "memory_limit_in_mb": "128",
                "invoked_function_arn": "",
            }  # fmt: skip
            send(ours, EVENT, encode({"event": {}, "context": context}))
            assert receive(ours) is not None
            assert log.recv(1000) == b"handled one\n"
            ours.shutdown(socket.SHUT_RDWR)
