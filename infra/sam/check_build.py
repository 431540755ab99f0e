"""Looks at what `sam build` made: that Lambda would run it as it is, and how large it is.

Runs under Lambda's own Python, alone: standard library only. Usage: check_build.py .aws-sam/build
"""

import importlib.util
import io
import platform
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

FUNCTIONS = ("trigger", "callback", "status", "download", "sweep")
LAYERS = {"SharedLayerArm64": "aarch64", "SharedLayerX86": "x86_64"}
ELF_MACHINES = {"aarch64": 183, "x86_64": 62}
"""e_machine in the header of a shared library: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html"""

UNZIPPED_LIMIT = 250 * 1024 * 1024
"""Bytes, a function with all its layers: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

UNWANTED = ("boto3", "botocore", "s3transfer", "bin", "tests", "pip", "infra", "schema")
"""boto3 comes with Lambda; the others are of no use there."""


def main(build: Path) -> int:
    problems = [f"{name}: {problem}" for name, problem in look(build)]
    for problem in problems:
        print(f"sam-check: {problem}", file=sys.stderr)
    return 1 if problems else 0


def look(build: Path) -> Iterator[tuple[str, str]]:
    for name, architecture in LAYERS.items():
        packages = build / name / "python"
        unzipped, zipped = size(build / name)
        print(f"{name}: {unzipped / 1e6:.1f} MB, {zipped / 1e6:.1f} MB zipped")
        if unzipped > UNZIPPED_LIMIT:
            yield name, f"{unzipped} bytes are more than Lambda's {UNZIPPED_LIMIT}"
        for problem in [*missing_or_unwanted(packages), *stale(packages), *foreign(packages, architecture)]:
            yield name, problem
    for function in FUNCTIONS:
        folder = build / f"{function.capitalize()}Function"
        print(f"{folder.name}: {size(folder)[0] / 1e3:.1f} kB")
        if machine := this_machine():
            layer = next(name for name, built_for in LAYERS.items() if built_for == machine)
            yield from ((folder.name, problem) for problem in does_not_start(folder, build / layer / "python"))
    if not this_machine():
        print("Not tried: starting the functions, which takes Linux.")


def size(folder: Path) -> tuple[int, int]:
    """Bytes, as they are and zipped."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return sum(path.stat().st_size for path in files), buffer.tell()


def missing_or_unwanted(packages: Path) -> Iterator[str]:
    if not (packages / "handoff" / "__init__.py").is_file():
        yield "the package handoff is not in python/"
    for path in packages.rglob("*"):
        if path.name in UNWANTED and path.is_dir():
            yield f"{path.relative_to(packages)} does not belong here"


def stale(packages: Path) -> Iterator[str]:
    """Modules that Lambda would compile at each cold start. The format of a .pyc: https://peps.python.org/pep-0552/"""
    for source in packages.rglob("*.py"):
        compiled = Path(importlib.util.cache_from_source(str(source)))
        if not compiled.is_file():
            yield f"{source.relative_to(packages)} is not compiled for Python {platform.python_version()}"
            continue
        header = compiled.read_bytes()[:8]
        if header[:4] != importlib.util.MAGIC_NUMBER or header[4:] != b"\x01\0\0\0":
            yield f"{compiled.relative_to(packages)} is not an unchecked-hash .pyc of this Python"


def foreign(packages: Path, machine: str) -> Iterator[str]:
    libraries = [path for path in packages.rglob("*.so*") if path.is_file()]
    if not libraries:
        yield "no shared library, so these are not the wheels that were meant"
    for library in libraries:
        header = library.read_bytes()[:20]
        if header[:4] != b"\x7fELF" or int.from_bytes(header[18:20], "little") != ELF_MACHINES[machine]:
            yield f"{library.relative_to(packages)} is not for Linux on {machine}"


def does_not_start(function: Path, packages: Path) -> Iterator[str]:
    """Imports the handler from what was built and nothing else, as Lambda does before the first request.

    No secret can be had yet: the Parameters and Secrets extension answers only during a request, so a handler that
    asks for one while it is imported does not start on AWS.
    https://docs.aws.amazon.com/systems-manager/latest/userguide/ps-integration-lambda-extensions.html
    """
    code = f"import sys; sys.path[:0] = {[str(function), str(packages)]}; import app; assert callable(app.handler)"
    environment = {"AWS_LAMBDA_FUNCTION_NAME": function.name, "SECRET_ARNS": "arn:aws:secretsmanager:::secret:none"}
    child = subprocess.run(
        [sys.executable, "-IBS", "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    if child.returncode:
        yield f"its handler cannot be imported:\n{child.stderr}"


def this_machine() -> str | None:
    """The machine whose layer can be tried here, or None."""
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine())
    return machine if sys.platform == "linux" and machine in ELF_MACHINES else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
