"""The server as a process: port, speed, log, exit."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from qstash import QStash

from infra.local.qstash import DEVELOPMENT_TOKEN
from infra.local.qstash.__main__ import main
from tests.qstash.destination import Answer, Destination

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run() -> Iterator[Run]:
    """Start `python -m infra.local.qstash`; what is left running is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.qstash", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **environment},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_it_serves_retries_at_speed_logs_no_secret_and_ends_promptly(run: Run, destination: Destination) -> None:
    process = run("--port", "0", "--speed", "1000", QSTASH_TOKEN="canary-token")
    url = _ready(process)
    assert url.startswith("http://127.0.0.1:")

    client = QStash("canary-token", retry=False, base_url=url)
    job = destination.answer("/job", Answer(500, body=b"canary-answer"), Answer(200))
    client.message.publish(url=job + "?key=canary-query", body="canary-body", headers={"A": "canary-header"}, retries=1)
    destination.wait("/job", 2)  # the default backoff, 12 s, in 12 ms

    started = time.monotonic()
    process.send_signal(signal.SIGTERM)  # while the client's connection is still open
    _, log = process.communicate(timeout=5)
    assert (process.returncode, time.monotonic() - started < 2) == (0, True)
    client.http._client.close()
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"accepted", "attempt"} <= {line["event"] for line in lines}
    assert [line["status"] for line in lines if line["event"] == "attempt"] == [500, 200]
    assert "canary" not in log


def test_it_maps_hosts_and_takes_a_read_only_token(run: Run, destination: Destination) -> None:
    arguments = [f"--map={host}.example:80={destination.url}" for host in ("one", "two")]
    url = _ready(run("--port", "0", *arguments, QSTASH_READONLY_TOKEN="look"))
    for path in ("http://one.example/a", "http://two.example/b"):
        headers = {"Authorization": f"Bearer {DEVELOPMENT_TOKEN}"}
        assert httpx.post(f"{url}/v2/publish/{path}", headers=headers).status_code == 200
    assert destination.wait("/a")[0].headers["host"] == "one.example"
    assert destination.wait("/b")[0].headers["host"] == "two.example"
    assert httpx.get(f"{url}/v2/logs?qstash_token=look").status_code == 200


def test_an_interrupt_ends_it_cleanly_with_messages_on_their_way(run: Run, destination: Destination) -> None:
    process = run("--port", "0")
    url = _ready(process)
    headers = {"Authorization": f"Bearer {DEVELOPMENT_TOKEN}"}
    slow = destination.answer("/slow", Answer(pause=1.0))
    httpx.post(f"{url}/v2/publish/{slow}", headers=headers)
    httpx.post(f"{url}/v2/publish/{destination.url}/job", headers={**headers, "Upstash-Delay": "1h"})
    destination.wait("/slow")

    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=5)
    assert process.returncode == 0
    assert "Traceback" not in log


def test_a_taken_port_is_said_in_one_line(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = run("--port", str(port))
        out, error = process.communicate(timeout=5)
    assert process.returncode == 2
    assert (out, error) == ("", f"qstash: cannot listen on 127.0.0.1:{port}: Address already in use\n")


@pytest.mark.parametrize(
    "arguments", [["--port", "x"], ["--port", "70000"], ["--speed", "0"], ["--speed", "fast"], ["--map", "x"]]
)
def test_an_argument_that_makes_no_sense_is_refused(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["qstash", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def _ready(process: subprocess.Popen[str]) -> str:
    """The URL it announces."""
    assert process.stdout
    url = json.loads(process.stdout.readline())["url"]
    assert isinstance(url, str)
    return url
