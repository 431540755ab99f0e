"""The image in place of AWS's runtime where there is no Docker engine: kept, and made anew when it would differ."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.state import ROOT
from infra.sam.podman import Podman
from infra.sam.programs import run

HERE = Path(__file__).parent
RECIPE, REQUIREMENTS = HERE / "runtime_image.py", HERE / "runtime.txt"
NAME = "localhost/handoff-runtime"
UV = ROOT / ".tools" / "bin" / "uv"

# Those of AWS's image: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
VARIABLES = {
    "LANG": "C.UTF-8",
    "TZ": ":/etc/localtime",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
}


def runtime_image(podman: Podman, python: str) -> str:
    """Its name. Raises LocalError."""
    made_from = python.encode() + RECIPE.read_bytes() + REQUIREMENTS.read_bytes() + repr(VARIABLES).encode()
    name = f"{NAME}:{sha256(made_from).hexdigest()[:12]}"
    if podman.run("image", "exists", name, check=False).returncode:
        make_image(podman, python, name)
    return name


def make_image(podman: Podman, python: str, name: str) -> None:
    packages = podman.folder / "runtime"
    shutil.rmtree(packages, ignore_errors=True)
    pip: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", python, "--target", packages]
    run([*pip, "--no-deps", "--require-hashes", "--requirement", REQUIREMENTS])
    changes = [f"--change=ENV {variable}={value}" for variable, value in VARIABLES.items()]
    # Under another name until it is known to be whole.
    unfinished = f"{name}-unfinished"
    with subprocess.Popen([python, "-IB", RECIPE, packages], stdout=subprocess.PIPE) as recipe:
        podman.run("import", "--quiet", "--change=WORKDIR /var/task", *changes, "-", unfinished, stdin=recipe.stdout)
    if recipe.returncode:
        raise LocalError(f"{RECIPE.name} failed.")
    check = "import ctypes, sqlite3, ssl, awslambdaric.bootstrap, boto3, runtime_client"
    podman.run("run", "--rm", "--network=none", "--env=PYTHONPATH=/var/runtime", unfinished, "python3", "-c", check)
    podman.run("tag", unfinished, name)
    podman.run("untag", unfinished, unfinished)
    # Those of an earlier recipe.
    known = podman.run("images", "--format={{.Repository}}:{{.Tag}}", NAME).stdout.split()
    for other in set(known) - {name}:
        podman.run("untag", other, other)
    shutil.rmtree(packages)
