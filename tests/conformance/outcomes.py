"""What became of the classes of a module that is run by pytest on its own."""

import inspect
import json
import sys
from functools import cached_property
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
Outcome = dict[str, set[str]]
""" "passed" and "failed" -> names of tests, without their parameters."""


def classes(module: ModuleType) -> dict[str, Any]:
    """Those that break a promise, by name."""
    return {name: found for name, found in vars(module).items() if inspect.isclass(found) and "breaks" in vars(found)}


class Runs:
    """All of them at once, each in a process of its own: most of the time they wait."""

    def __init__(self, *modules: ModuleType) -> None:
        self._modules = modules
        broken = {(module.__name__, name): found for module in modules for name, found in classes(module).items()}
        self.broken = [(module, name, found.breaks) for (module, name), found in broken.items()]
        """Module, class, and what it breaks."""

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """By class."""
        told = run_all([path_of(module.__name__) for module in self._modules])
        return {owner: outcome for outcomes in told for owner, outcome in outcomes.items()}


def path_of(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def run_all(wanted: list[str]) -> list[dict[str, Outcome]]:
    """What became of each class, for each of these modules, or classes of modules (`path::class`)."""
    running = [
        Popen([sys.executable, "-m", __name__, each], cwd=ROOT, stdout=PIPE, stderr=STDOUT, text=True)
        for each in wanted
    ]
    return [_outcomes(process) for process in running]


def _outcomes(process: "Popen[str]") -> dict[str, Outcome]:
    said, _ = process.communicate(timeout=900)
    assert process.returncode == 0, said[-3000:]
    found: dict[str, Outcome] = {}
    for owner, test, outcome in json.loads(said.splitlines()[-1]):
        found.setdefault(owner, {"passed": set(), "failed": set()})[outcome].add(test)
    return found


class Recorder:
    """A plugin of the inner pytest."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            _, owner, test = report.nodeid.split("[")[0].split("::")
            self.told.append((owner, test, "failed" if report.failed else "passed"))


def main(wanted: str) -> None:
    recorder = Recorder()
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=no", "-o", "addopts="]
    pytest.main([wanted, "--import-mode=importlib", "-p", "no:schemathesis", *options], plugins=[recorder])
    print(json.dumps(recorder.told))


if __name__ == "__main__":
    main(sys.argv[1])
