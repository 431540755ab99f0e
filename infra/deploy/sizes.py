"""What each function and layer weighs, beside what Lambda takes."""

import sys
from pathlib import Path

from infra.deploy.errors import DeployError
from infra.sam.check_build import UNZIPPED_LIMIT, size

ZIPPED_LIMIT = 50 * 1024 * 1024
"""Bytes of a function or layer that is uploaded: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
UNZIPPED_LIMIT is that of a function with its layers."""
ARCHITECTURES = ("Arm64", "X86")


def report(build: Path, zipped_limit: int = ZIPPED_LIMIT, unzipped_limit: int = UNZIPPED_LIMIT) -> int:
    """Print the table; 1 if anything is too large. A function is counted with every layer that one can have."""
    folders = sorted(path for path in build.glob("*") if is_uploaded(path))
    if not folders:
        raise DeployError("nothing is built: make sam-check")
    sizes = {folder.name: size(folder) for folder in folders}
    problems: list[str] = []
    print(f"{'':24}{'zipped':>10}{'unzipped':>10}{'with layers':>13}")
    for name, (unzipped, zipped) in sizes.items():
        together = max(with_layers(sizes, unzipped, architecture) for architecture in ARCHITECTURES)
        is_function = name.endswith("Function")
        print(
            f"{name:24}{megabytes(zipped)}{megabytes(unzipped)}" + (f"   {megabytes(together)}" if is_function else "")
        )
        if zipped > zipped_limit:
            problems.append(f"{name} has {zipped} bytes zipped, more than the {zipped_limit} that are taken")
        if is_function and together > unzipped_limit:
            problems.append(
                f"{name} has {together} bytes with its layers, more than the {unzipped_limit} that are taken"
            )
    print(f"{'Lambda takes':24}{megabytes(zipped_limit)}{'':10}   {megabytes(unzipped_limit)}")
    for problem in problems:
        print(f"package: {problem}", file=sys.stderr)
    return 1 if problems else 0


def with_layers(sizes: dict[str, tuple[int, int]], function: int, architecture: str) -> int:
    return function + sum(
        unzipped for name, (unzipped, _) in sizes.items() if name.endswith(("Layer", f"Layer{architecture}"))
    )


def is_uploaded(folder: Path) -> bool:
    return folder.is_dir() and (folder.name.endswith("Function") or "Layer" in folder.name)


def megabytes(number: int) -> str:
    return f"{number / 1024 / 1024:7.1f} MB"
