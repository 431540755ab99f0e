"""Nothing outlives whoever started it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.processes import Process
from tests.local.processes import MARK, gone, marked

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

START = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests in the background has it ignored
from pathlib import Path
from infra.local.processes import Process
process = Process(["sleep", "60"], log=Path(sys.argv[1]))
print(process.pid, flush=True)
time.sleep(60)
"""
MAKE = 'process = Process(["sleep", "60"], log=Path(sys.argv[1]))'
START_IN_THREAD = "import threading\n" + START.replace(
    MAKE,
    f"def start():\n    global process\n    {MAKE}\n"
    "thread = threading.Thread(target=start)\nthread.start()\nthread.join()",
)


@linux
@pytest.mark.parametrize("script", [START, START_IN_THREAD])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_process_ends_with_the_one_that_started_it(tmp_path: Path, script: str, number: int) -> None:
    environment = {**os.environ, MARK: str(tmp_path)}
    command = [sys.executable, "-c", script, str(tmp_path / "log")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout
        assert parent.stdout.readline()
        assert any("sleep 60" in line for line in marked(str(tmp_path)))
        parent.send_signal(number)
        parent.wait(5)
    assert gone(str(tmp_path))


@linux
def test_a_process_ends_with_its_guard(tmp_path: Path) -> None:
    process = Process(["sleep", "60"], log=tmp_path / "log")
    guard = int(Path(f"/proc/{process.pid}/stat").read_text().split()[3])
    os.kill(guard, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{process.pid}").exists())
    process.stop()


def test_a_process_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    process = Process([sys.executable, "-c", stubborn], log=tmp_path / "log")
    wait_until(lambda: (tmp_path / "log").read_text() == "ready\n")
    process.stop(timeout=0.5)
    assert not process.running


def test_the_exit_code_and_the_output_are_the_commands(tmp_path: Path) -> None:
    process = Process(["sh", "-c", "echo out; echo err >&2; exit 7"], log=tmp_path / "log")
    wait_until(lambda: not process.running)
    assert process.exit_code == 7
    assert (tmp_path / "log").read_text() == "out\nerr\n"
    process.stop()


def wait_until(happened: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)
