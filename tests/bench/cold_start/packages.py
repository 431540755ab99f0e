"""Puts together what is deployed: ours as `sam build` makes it, the peer's as pip makes it, and Lambda's own packages.

All in .tools/bench, made again when what it is made from has changed.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from infra.local.state import ROOT
from tests.bench.cold_start.container import Package

FOLDER = ROOT / ".tools" / "bench"
UV = ROOT / ".tools" / "bin" / "uv"
SAM_BUILD = ROOT / ".aws-sam" / "build"
PEER = ROOT / "tests" / "bench" / "peer"
FUNCTIONS = ("trigger", "callback", "status", "download")
VARIANTS = ("ours", "peer-stale", "peer-fresh")
RUNTIME_PYTHON = "3.13"
ZIP_TIME = 315532800  # 1980-01-01: what SAM's zips give every file


def find_python() -> str:
    """Lambda's Python, or else the one that runs this."""
    found = subprocess.run(
        ["sh", str(ROOT / "infra" / "local" / "find-python.sh"), RUNTIME_PYTHON],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or sys.executable


def packages() -> dict[tuple[str, str], Package]:
    """By variant and function; ("bare", "bare") is the floor."""
    python = find_python()
    runtime, layer = make_runtime(python), find_layer(python)
    stale, fresh = make_peer(python)
    made = {("bare", "bare"): Package(python, PEER / "bare", [runtime], "app.handler")}
    for function in FUNCTIONS:
        made["ours", function] = Package(python, function_folder(function), [layer, runtime], "app.handler")
        for name, folder in (("peer-stale", stale), ("peer-fresh", fresh)):
            made[name, function] = Package(python, folder, [runtime], f"exporter.{function}.handler")
    return made


def make_runtime(python: str) -> Path:
    """What /var/runtime has: the client of the Runtime API, and boto3."""

    export = [str(UV), "export", "--quiet", "--frozen", "--only-group", "bench", "--no-header"]
    FOLDER.mkdir(parents=True, exist_ok=True)
    requirements = FOLDER / "runtime.txt"
    requirements.write_bytes(subprocess.run(export, cwd=ROOT, check=True, capture_output=True).stdout)

    def make(folder: Path) -> None:
        pip_install(python, requirements, folder)
        compile_all(python, folder)

    return made_once("runtime", [requirements], python, make)


def find_layer(python: str) -> Path:
    """SAM's layer, where this machine can run it; else one made the same way from this machine's packages."""
    logical_id = {"x86_64": "SharedLayerX86", "aarch64": "SharedLayerArm64"}.get(platform.machine())
    built = SAM_BUILD / str(logical_id) / "python"
    if sys.platform == "linux" and built.is_dir() and is_runtime_python(python):
        return copied("layer-of-sam", built)
    shared = ROOT / "functions" / "shared"

    def make(folder: Path) -> None:
        wheels = "WHEELS=--requirement requirements.txt --no-deps --require-hashes --only-binary :all:"
        build = [
            "make",
            "-s",
            "-C",
            str(shared),
            "build-SharedLayerX86",
            f"PYTHON={python}",
            f"ARTIFACTS_DIR={folder}",
            wheels,
        ]
        subprocess.run(build, check=True)

    return made_once("layer", [path for path in shared.rglob("*") if is_source(path)], python, make) / "python"


def function_folder(function: str) -> Path:
    built = SAM_BUILD / f"{function.capitalize()}Function"
    return copied(function, built if built.is_dir() else ROOT / "functions" / function)


def copied(name: str, folder: Path) -> Path:
    """What is measured stays as it is when it is built again meanwhile."""
    copy = FOLDER / name
    shutil.rmtree(copy, ignore_errors=True)
    return shutil.copytree(folder, copy)


def make_peer(python: str) -> tuple[Path, Path]:
    """The package as it is shipped, whose .pyc are older than its zip says; and one whose .pyc are taken as they are.

    pip compiles what it installs, and each .pyc holds its source's time. A zip made for a deployment gives files
    another time, so Python ignores the .pyc and compiles everything at each start, for /var/task is read-only.
    """
    sources = [path for path in PEER.rglob("*") if is_source(path)]

    def make_stale(folder: Path) -> None:
        pip_install(python, PEER / "requirements.txt", folder)
        shutil.copytree(PEER / "exporter", folder / "exporter", ignore=shutil.ignore_patterns("__pycache__"))
        for path in folder.rglob("*.py"):
            os.utime(path, (ZIP_TIME, ZIP_TIME))

    stale = made_once("peer-stale", sources, python, make_stale)

    def make_fresh(folder: Path) -> None:
        shutil.copytree(stale, folder, ignore=shutil.ignore_patterns("__pycache__"))
        compile_all(python, folder)

    return stale, made_once("peer-fresh", sources, python, make_fresh)


def pip_install(python: str, requirements: Path, folder: Path) -> None:
    pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--only-binary", ":all:"]
    subprocess.run([*pip, "--require-hashes", "--target", str(folder), "-r", str(requirements)], check=True)


def compile_all(python: str, folder: Path) -> None:
    command = [python, "-m", "compileall", "-q", "-f", "-j", "0", "--invalidation-mode", "unchecked-hash", str(folder)]
    # A package may carry files that are not for this Python.
    subprocess.run(command, check=False)


def made_once(name: str, sources: Sequence[Path], python: str, make: Callable[[Path], None]) -> Path:
    """FOLDER/name, made by `make` unless it was made from just these files by this Python."""
    digest = hashlib.sha256(python.encode() + Path(__file__).read_bytes())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    folder, stamp = FOLDER / name, FOLDER / f"{name}.stamp"
    if not (stamp.exists() and stamp.read_text() == digest.hexdigest()):
        print(f"Making {folder.relative_to(ROOT)}", flush=True)
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        make(folder)
        stamp.write_text(digest.hexdigest())
    return folder


def is_source(path: Path) -> bool:
    return path.is_file() and path.suffix != ".pyc"


def is_runtime_python(python: str) -> bool:
    version = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(version, capture_output=True, text=True, check=True).stdout.strip() == RUNTIME_PYTHON


def zipped_bytes(*folders: Path, leave_out: str = "") -> int:
    """The size of a zip of all that is in the folders."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not (leave_out and path.suffix == leave_out):
                    archive.writestr(str(path.relative_to(folder)), path.read_bytes())
    return buffer.tell()


def upload_sizes(made: Mapping[tuple[str, str], Package]) -> dict[str, int]:
    """Bytes for one function: ours with its layer, the peer as shipped, and the peer without the .pyc it cannot use."""
    mine, theirs = made["ours", "trigger"], made["peer-stale", "trigger"]
    return {
        "ours": zipped_bytes(mine.task_root, mine.search[0]),
        "peer": zipped_bytes(theirs.task_root),
        "peer without .pyc": zipped_bytes(theirs.task_root, leave_out=".pyc"),
    }
