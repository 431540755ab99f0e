"""Handoff as others have it: its wheel, in an environment where nothing else is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = ROOT / ".tools" / "bin" / "uv"


def uv(*arguments: str | Path) -> None:
    """From what was fetched before, so that no network is needed; else from the registry."""
    offline = {**os.environ, "UV_OFFLINE": "1"}
    command = [str(UV), *map(str, arguments), "--quiet"]
    if subprocess.run(command, cwd=ROOT, env=offline, capture_output=True).returncode != 0:
        subprocess.run(command, cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel, what it needs, and a server."""
    folder = tmp_path_factory.mktemp("alone")
    uv("build", "--wheel", "--out-dir", folder)
    (wheel,) = folder.glob("*.whl")
    versions = folder / "versions.txt"
    uv("export", "--locked", "--all-groups", "--no-emit-project", "--no-hashes", "--output-file", versions)
    uv("venv", "--python", sys.executable, folder / "venv")
    python = folder / "venv" / "bin" / "python"
    uv("pip", "install", "--python", python, "--constraints", versions, wheel, "uvicorn")
    return python
