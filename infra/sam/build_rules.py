"""What a built layer has to be like; each rule says, in words, what is against it.

A .pyc is of one Python alone and a shared library of one machine too, so these run under the Python that Lambda runs.
"""

import importlib.util
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

ELF_MACHINES = {"aarch64": 183, "x86_64": 62}
"""e_machine in the header of a shared library: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html"""

UNWANTED = ("boto3", "botocore", "s3transfer", "bin", "tests", "pip", "infra", "schema", ".agents")
UNWANTED_SUFFIXES = (".dist-info", ".egg-info", ".pyi", ".typed", ".c", ".h", ".pyx", ".pxd", ".a", ".md")
"""boto3 comes with Lambda; the others are of no use there."""


def other_sources(built: Path, source: Path, *, without: str = "") -> Iterator[str]:
    """What we wrote has to be there as it is, and nothing beside it, nor the folder that a layer goes `without`."""
    there, here = files_of(built), files_of(source)
    here = {path: content for path, content in here.items() if not without or not path.startswith(f"{without}/")}
    for path in sorted(there.keys() | here.keys()):
        if path not in there:
            yield f"{built.name}/{path} is missing"
        elif path not in here:
            yield f"{built.name}/{path} is not ours"
        elif there[path] != here[path]:
            yield f"{built.name}/{path} is not as it is in {source.name}"


def files_of(folder: Path) -> dict[str, bytes]:
    """One file alone is there by the name that is none."""
    if folder.is_file():
        return {"": folder.read_bytes()}
    paths = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def unwanted(packages: Path) -> Iterator[str]:
    for path in packages.rglob("*"):
        if path.name in UNWANTED or path.suffix in UNWANTED_SUFFIXES:
            yield f"{path.relative_to(packages)} does not belong here"


def unrepeatable(packages: Path) -> Iterator[str]:
    """What another build of the same sources would make otherwise."""
    for path in packages.rglob("*"):
        if path.suffix in (".pyc", ".dist-info"):
            yield f"{path.relative_to(packages)} may differ from build to build"


def unused(packages: Path, imported: set[str]) -> Iterator[str]:
    """A package that no function has imported by the end of its first request."""
    names = {module.partition(".")[0] for module in imported}
    for path in packages.iterdir():
        # A module of its own may be a file: x.py, x.cpython-313-….so; and what a wheel's libraries need is x.libs.
        name = path.name.partition(".")[0]
        if name not in names and name != "__pycache__":
            yield f"{path.name} is imported by no function"


def stale(packages: Path) -> Iterator[str]:
    """Modules that Lambda would compile at each cold start. The format of a .pyc: https://peps.python.org/pep-0552/"""
    made = set(packages.rglob("*.pyc"))
    for source in packages.rglob("*.py"):
        compiled = Path(importlib.util.cache_from_source(str(source)))
        if compiled not in made:
            yield f"{source.relative_to(packages)} is not compiled for Python {platform.python_version()}"
            continue
        made.remove(compiled)
        header = compiled.read_bytes()[:8]
        if header[:4] != importlib.util.MAGIC_NUMBER:
            yield f"{compiled.relative_to(packages)} is of another Python than {platform.python_version()}"
        elif header[4:] != b"\x01\0\0\0":
            yield f"{compiled.relative_to(packages)} is not an unchecked-hash .pyc"
        elif importlib.util.source_hash(source.read_bytes()) != compiled.read_bytes()[8:16]:
            yield f"{compiled.relative_to(packages)} is of another source"
    yield from (f"{compiled.relative_to(packages)} is of no source here" for compiled in sorted(made))


def foreign(packages: Path, machine: str) -> Iterator[str]:
    """Shared libraries that this Python on Linux cannot load. Their names: https://peps.python.org/pep-3149/"""
    libraries = [path for path in packages.rglob("*.so*") if path.is_file()]
    if not libraries:
        yield "no shared library, so these are not the wheels that were meant"
    python = f"cpython-{sys.version_info[0]}{sys.version_info[1]}-{machine}-linux-gnu"
    for library in libraries:
        header = library.read_bytes()[:20]
        if header[:4] != b"\x7fELF" or int.from_bytes(header[18:20], "little") != ELF_MACHINES[machine]:
            yield f"{library.relative_to(packages)} is not for Linux on {machine}"
        elif ".cpython-" in library.name and f".{python}." not in library.name:
            yield f"{library.relative_to(packages)} is not for {python}"
