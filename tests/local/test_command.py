"""The command `handoff`, as real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from infra.local.source import DEFAULT_PDF
from tests.local.processes import MARK, gone, marked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

HANDOFF = [sys.executable, "-m", "infra.local.cli"]
DEV = ["dev", "--port", "0", "--qstash-port", "0", f"--stop-with-parent={os.getpid()}"]
DEMO = ["demo", *DEV[1:], "--sweep-interval", "1"]
# On a busy machine trigger may give up on the queue; then the sweep sends the message.
SOON = {"OUTBOX_GRACE_SECONDS": "1"}


def handoff(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [*HANDOFF, "--folder", str(folder), *arguments]
    variables = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=variables, timeout=60, check=False)


@contextmanager
def running(folder: Path, command: list[str], **environment: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A `handoff dev` or `demo` that serves, and what it said. Its children carry the folder as their mark."""
    variables = {**os.environ, MARK: str(folder), **environment}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=variables, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout
        try:
            lines: list[str] = []
            while "Ctrl-C" not in "".join(lines[-1:]):
                lines.append(process.stdout.readline())
                assert lines[-1], process.communicate()
            yield process, lines
        finally:
            process.kill()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a stack that runs for this module."""
    folder = tmp_path_factory.mktemp("stack")
    with running(folder, [*HANDOFF, "--folder", str(folder), *DEV]):
        yield folder
    assert gone(str(folder)), marked(str(folder))


def about(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "stack.json").read_text())
    return found


def healthy(page: str) -> bool:
    try:
        return httpx.get(f"{page}/api/health", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_second_stack_in_the_folder_is_refused(stack: Path) -> None:
    second = handoff(stack, *DEV)
    assert second.returncode == 2
    assert second.stderr.startswith(
        f"Handoff already runs in {stack} (process {about(stack)['pid']}, http://localhost:"
    )
    assert second.stderr.count("\n") == 1


def test_what_other_commands_need_is_its_owners_alone(stack: Path) -> None:
    assert (stack / "stack.json").stat().st_mode & 0o777 == 0o600


def test_the_page_is_served_on_the_loopback_interface_alone(stack: Path) -> None:
    port = int(about(stack)["page"].rpartition(":")[2])
    listening = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
    ]
    assert [address for address in listening if address.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_the_page_is_served_under_its_own_names_alone(stack: Path) -> None:
    page = about(stack)["page"]
    asked = [
        httpx.get(page, headers={"Host": host}, trust_env=False).status_code
        for host in (page.removeprefix("http://"), page.replace("http://localhost", "127.0.0.1"), "evil.example")
    ]
    assert asked == [200, 200, 421]


def test_the_page_is_served_through_the_tunnel_that_another_queue_delivers_to(tmp_path: Path) -> None:
    queue = {"QSTASH_URL": "https://qstash.example", "QSTASH_TOKEN": "token", "DELIVERY_URL": "https://tunnel.example"}
    keys = {"QSTASH_CURRENT_SIGNING_KEY": "c" * 32, "QSTASH_NEXT_SIGNING_KEY": "n" * 32}
    with running(tmp_path, [*HANDOFF, "--folder", str(tmp_path), *DEV], **queue, **keys):
        page = about(tmp_path)["page"]
        assert httpx.get(page, headers={"Host": "tunnel.example"}, trust_env=False).status_code == 200
    assert gone(str(tmp_path)), marked(str(tmp_path))


def test_what_the_shell_holds_for_another_queue_does_not_reach_the_local_one(tmp_path: Path) -> None:
    keys = {"QSTASH_CURRENT_SIGNING_KEY": "sig_" + "c" * 32, "QSTASH_NEXT_SIGNING_KEY": "sig_" + "n" * 32}
    demo = handoff(tmp_path, *DEMO, "--once", QSTASH_TOKEN="another", **keys, **SOON)
    assert demo.returncode == 0, demo.stderr
    assert "ready" in demo.stdout
    assert "but this server ends now" in demo.stdout


@pytest.mark.parametrize("name", ["Postgres", "QStash", "The source"])
def test_a_service_that_is_killed_is_started_again(stack: Path, name: str) -> None:
    before = about(stack)
    os.kill(before["processes"][name], signal.SIGKILL)
    deadline = time.monotonic() + 10
    while about(stack)["processes"][name] == before["processes"][name] or not healthy(before["page"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_sweep_runs_by_command(stack: Path) -> None:
    assert handoff(stack, "sweep").returncode == 0


def test_the_queue_is_asked_by_command(stack: Path) -> None:
    assert handoff(stack, "qstash").stdout == "The queue has seen no message yet.\n"
    asked = handoff(stack, "deadletters")
    assert (asked.returncode, asked.stdout) == (0, "There are no dead letters.\n")


def test_psql_reaches_the_database_of_the_stack(stack: Path) -> None:
    asked = handoff(stack, "psql", "--", "--tuples-only", "--no-align", "--command", "SELECT count(*) FROM runs")
    assert (asked.returncode, asked.stdout.strip()) == (0, "0")


def test_migrating_twice_applies_nothing(stack: Path) -> None:
    assert handoff(stack, "migrate").stdout == "Nothing to apply.\n"


def test_services_alone_print_what_functions_elsewhere_need(tmp_path: Path) -> None:
    command = [*HANDOFF, "--folder", str(tmp_path), "services", "--qstash-port", "0", "--bind", "127.0.0.2"]
    with running(tmp_path, command) as (_, lines):
        exported = dict(line.strip().removeprefix("export ").split("=", 1) for line in lines if "=" in line)
        assert exported["DELIVERY_URL"] == "http://127.0.0.1:3000"
        assert exported["QSTASH_URL"].startswith("http://127.0.0.2:")
        assert httpx.get(f"{exported['QSTASH_URL']}/v2/keys", trust_env=False).status_code == 401
        with psycopg.connect(exported["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)
    assert gone(str(tmp_path)), marked(str(tmp_path))


def test_the_demo_exports_a_file_and_ends(tmp_path: Path) -> None:
    done = handoff(tmp_path, *DEMO, **SOON, ONCE="1", **{MARK: str(tmp_path)})
    assert done.returncode == 0, done.stdout + done.stderr
    # Not the states before: the export may be ready at the first look.
    assert [word for word in ("ready", "link", "saved") if word not in done.stdout] == []
    assert (tmp_path / "downloads" / "document.pdf").read_bytes() == DEFAULT_PDF.read_bytes()
    assert "\033" not in done.stdout
    assert marked(str(tmp_path)) == []


def test_a_taken_port_is_one_line_and_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = handoff(tmp_path, "dev", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == f"Port {port} is taken. Choose another one, for example PORT={port + 1}.\n"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PDF": "/absent.pdf"}, "PDF=/absent.pdf: No such file or directory."),
        ({"LINK_TTL_SECONDS": "soon"}, "LINK_TTL_SECONDS must be a whole number"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_starts(
    tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    done = handoff(tmp_path, "dev", "--port", "0", **environment)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "postgres").exists()


def test_a_demo_that_fails_says_why_and_serves_on_until_ctrl_c(tmp_path: Path) -> None:
    command = [*HANDOFF, "--folder", str(tmp_path), *DEMO, "--speed", "1000"]
    with running(tmp_path, command, **SOON, MAX_EXPORT_BYTES="1000") as (process, _):
        port = about(tmp_path)["page"]
        assert healthy(port)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        assert marked(str(tmp_path)) == []
    assert process.returncode == 1
    assert "The export ended as failed: " in errors
    assert "database system is shut down" in (tmp_path / "logs" / "postgres.log").read_text()


def test_everything_ends_when_the_caller_is_killed(tmp_path: Path) -> None:
    # As under `make`: a shell that waits for the command.
    shell = ["sh", "-c", '"$@" --stop-with-parent=$$; exit', "sh"]
    command = [*shell, *HANDOFF, "--folder", str(tmp_path), *DEV]
    with running(tmp_path, command) as (caller, _):
        assert len(marked(str(tmp_path))) > 8
        caller.kill()
    assert gone(str(tmp_path)), marked(str(tmp_path))


def test_nothing_starts_for_a_caller_that_is_gone_already(tmp_path: Path) -> None:
    gone_already = subprocess.Popen(["true"])
    gone_already.wait()
    done = handoff(tmp_path, *DEV, f"--stop-with-parent={gone_already.pid}")
    assert done.returncode == 2
    assert done.stderr == f"Process {gone_already.pid}, which this was to end with, is gone.\n"
    assert not (tmp_path / "postgres").exists()
