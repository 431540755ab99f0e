"""What runs SAM's containers: the Docker engine that is here, or podman in its place."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.errors import LocalError
from infra.local.state import ROOT
from infra.sam.podman import Podman, install
from infra.sam.programs import run
from infra.sam.runtime import runtime_image

RUNTIME = "3.13"
# "Containers reach the host at": https://docs.docker.com/desktop/features/networking/
DOCKER_DESKTOP = "192.168.65.254"


@dataclass(frozen=True)
class Engine:
    """address: of this machine, seen from the containers. bind: whether the services have to listen there.

    options: of each `sam local` command. environment: what SAM has to be told besides ours.
    """

    name: str
    address: str
    bind: bool = True
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def running_engine(folder: Path, say: Callable[[str], None]) -> Iterator[Engine]:
    """Raises LocalError, with what is needed, where there is none."""
    if engine := docker():
        yield engine
        return
    install(say)
    podman = Podman(ROOT / ".tools" / "podman", folder / "podman.sock", folder / "podman.log")
    podman.configure()
    image = runtime_image(podman, find_python())
    with podman.serving(), podman.bridge(image) as address:
        options = ("--skip-pull-image", "--invoke-image", image)
        yield Engine("podman", address, options=options, environment=podman.environment)


def docker() -> Engine | None:
    """As it is; SAM pulls the runtime's image. Not Docker's command alone, which may be there without an engine."""
    if not shutil.which("docker"):
        return None
    about = subprocess.run(
        ["docker", "info", "--format", "{{.ServerVersion}} {{.OperatingSystem}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if about.returncode or not about.stdout.strip():
        return None
    name = f"Docker {about.stdout.strip()}"
    if "Docker Desktop" in name:
        return Engine(name, DOCKER_DESKTOP, bind=False)
    gateway = "{{range .IPAM.Config}}{{.Gateway}} {{end}}"
    found = run(["docker", "network", "inspect", "bridge", "--format", gateway]).stdout.split()
    if not found:
        raise LocalError("Docker's network `bridge` has no gateway at which containers could reach this machine.")
    return Engine(name, found[0])


def find_python() -> str:
    """The interpreter that the image is made of."""
    return run(["sh", str(ROOT / "infra" / "local" / "find-python.sh"), RUNTIME]).stdout.strip()
