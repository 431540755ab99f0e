"""One container of one variant: started as Lambda starts it, asked some times, ended."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.cold_start.runtime_api import ContainerError, Reply, RuntimeApi, runtime_api


@dataclass(frozen=True)
class Package:
    """What is deployed of one variant.

    task_root   what Lambda has in /var/task
    search      what Python looks in after that: the layer in /opt/python, and the runtime's own packages
    """

    python: str
    task_root: Path
    search: Sequence[Path]
    handler: str

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The whole of it: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": str(self.task_root),
            "_HANDLER": self.handler,
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/bench",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "PYTHONPATH": ":".join(map(str, self.search)),
            # Lambda's folders are read-only: what is not compiled there is compiled at every start.
            "PYTHONDONTWRITEBYTECODE": "1",
            **settings,
        }


class Container:
    """`first` is the first reply; the times are from the process's start on."""

    def __init__(self, api: RuntimeApi, started: float, pid: int) -> None:
        self._api = api
        self.first = api.reply()
        self.first_seconds = self.first.at - started
        self.processor_seconds = processor_seconds(pid)
        assert api.first_asked is not None
        self.init_seconds = api.first_asked - started

    def ask(self, event: object) -> tuple[Reply, float]:
        """The reply to a further event, and how long it took."""
        handed = time.perf_counter()
        self._api.hand_over(event)
        reply = self._api.reply()
        return reply, reply.at - handed


@contextmanager
def container(package: Package, settings: Mapping[str, str], event: object, log: Path) -> Iterator[Container]:
    """Start one, its first event waiting for it. Raises ContainerError with the end of its log."""
    with runtime_api() as api, log.open("ab") as output:
        api.hand_over(event)
        environment = {**package.environment(settings), "AWS_LAMBDA_RUNTIME_API": api.address}
        command = [package.python, "-m", "awslambdaric", package.handler]
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=package.task_root, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            yield Container(api, started, process.pid)
        except ContainerError as error:
            raise ContainerError(f"{error}\n{log.read_text(errors='replace')[-2000:]}") from None
        finally:
            process.kill()
            process.wait()


def processor_seconds(pid: int) -> float | None:
    """What a process and its threads have used of processors so far, whoever else wanted them; None but on Linux.

    https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat
    """
    if sys.platform != "linux":
        return None
    nanoseconds = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        # One that ends meanwhile has not used much.
        with suppress(ProcessLookupError, FileNotFoundError):
            nanoseconds += int(thread.read_text().split()[0])
    return nanoseconds / 1e9


# Lambda's client is loaded before the handler's module, so what it imports is not the module's cost.
IMPORT = """
import importlib, os, sys, time
import awslambdaric.bootstrap
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
started = time.perf_counter()
importlib.import_module(os.environ["_HANDLER"].rpartition(".")[0])
print(time.perf_counter() - started, file=sys.stderr)
"""


def import_seconds(package: Package, settings: Mapping[str, str]) -> float:
    """How long the handler's module takes to import, in a process of its own."""
    done = subprocess.run(
        [package.python, "-c", IMPORT],
        env=package.environment(settings),
        cwd=package.task_root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ContainerError(done.stderr)
    return float(done.stderr.splitlines()[-1])
