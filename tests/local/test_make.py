"""What `make demo` and `make dev` hand to the command: themselves, and the names they were given."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from infra.local.state import ROOT
from tests.local.processes import MARK, gone, kill, marked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

# Stands where the command is, and writes down what it was given.
NOTE = f"""#!{sys.executable}
import json, os, pathlib, sys
told = {{"arguments": sys.argv[1:], "parent": os.getppid(), "pdf": os.environ.get("PDF")}}
pathlib.Path(__file__).with_name("told.json").write_text(json.dumps(told))
"""
# The command itself, with a folder and ports of the test's own.
REAL = f"""#!/bin/sh
exec "{sys.executable}" -m infra.local.cli --folder "${{0%/*}}/state" "$@" --port 0 --qstash-port 0
"""


def start_make(folder: Path, command: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """make, with `command` in the place of `handoff`, and without what an outer make has left in the environment."""
    (folder / "handoff").write_text(command)
    (folder / "handoff").chmod(0o755)
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "PDF")}
    made = ["make", "--old-file", ".venv/handoff-run.stamp", f"BIN={folder}", *arguments]
    return subprocess.Popen(made, cwd=ROOT, env={**inherited, MARK: str(folder), **environment})


def told(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    with start_make(folder, NOTE, *arguments, **environment) as make:
        pass
    assert make.returncode == 0
    about: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return about | {"make": make.pid}


@pytest.mark.parametrize("target", ["demo", "dev"])
def test_the_command_is_the_child_of_make_and_told_so(tmp_path: Path, target: str) -> None:
    about = told(tmp_path, target)
    assert about["arguments"] == [target, f"--stop-with-parent={about['make']}"]
    assert about["parent"] == about["make"]


@pytest.mark.parametrize("name", ["a$b.pdf", "$(HOME)$$.pdf", "a  b.pdf", 'it\'s "a".pdf', "a#b\\.pdf", "`b`&|*.pdf"])
def test_the_name_of_a_file_arrives_whole(tmp_path: Path, name: str) -> None:
    assert told(tmp_path, "demo", f"PDF=/tmp/{name}")["pdf"] == f"/tmp/{name}"
    assert told(tmp_path, "demo", PDF=f"/tmp/{name}")["pdf"] == f"/tmp/{name}"


def test_everything_ends_when_make_is_killed_before_the_command_has_begun(tmp_path: Path) -> None:
    try:
        with start_make(tmp_path, REAL, "dev") as make:
            while not any(line.startswith(sys.executable) for line in marked(str(tmp_path))):
                assert make.poll() is None
                time.sleep(0.001)
            make.kill()
        assert gone(str(tmp_path)), marked(str(tmp_path))
    finally:
        kill(str(tmp_path))
