"""A copy of the project, in which a page is followed."""

import os
import shutil
from pathlib import Path

import pytest

from tests.used_alone.conftest import alone  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]
COPIED = ("functions", "infra", "schema", "tests", "frontend", "docs")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "results")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What is in the repository, with this environment."""
    folder = tmp_path / "handoff"
    folder.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
    for path in [*ROOT.glob("*.toml"), *ROOT.glob("*.yaml"), ROOT / "Makefile", ROOT / "README.md", ROOT / "uv.lock"]:
        shutil.copy2(path, folder)
    set_up(folder)
    return folder


def set_up(folder: Path) -> None:
    """As `make` leaves it, with the packages that are here. Without uv: it would make these the copy's own."""
    for stamp in [*(ROOT / ".tools").glob("*.stamp"), *(ROOT / ".venv").glob("*.stamp")]:
        (folder / stamp.parent.name).mkdir(exist_ok=True)
        (folder / stamp.parent.name / stamp.name).touch()
    for name in ("bin", "lib", "lib64", "pyvenv.cfg"):
        if (ROOT / ".venv" / name).exists():
            (folder / ".venv" / name).symlink_to(ROOT / ".venv" / name)


@pytest.fixture
def environment(copy: Path) -> dict[str, str]:
    """The copy's modules come before those of the project that is installed here."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**inherited, "PYTHONPATH": f"{copy}:{copy / 'functions' / 'shared'}"}
