"""Containers for SAM on a machine without a Docker engine: podman, for root on Debian.

Podman speaks Docker's protocol. What it keeps is in .tools/podman, apart from a podman of the machine's own.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from infra.local.errors import LocalError
from infra.local.processes import Process
from infra.sam.programs import run

# runc: Debian 12's crun refuses hosts whose cgroups are partly of version 1. The last three carry podman's networks.
PACKAGES = ("podman", "runc", "netavark", "aardvark-dns", "iptables")
PROGRAMS = ("podman", "runc", "iptables")
SOCKET_PATH_LIMIT = 107  # bytes: https://man7.org/linux/man-pages/man7/unix.7.html
READY_SECONDS = 15.0

# Also those of images whose making was cut short: each holds a mount.
REMOVE_ALL = "podman ps --all --external --quiet | xargs -r podman rm --force --time 0 >/dev/null"
# Containers go before the service that knows them, however this ends; SAM ends its own, unless it was killed. Once more
# after it, for it may have been making one. `wait` returns at the signal.
SERVE = f"""
podman system service --time=0 "unix://$1" & service=$!
trap 'trap "" TERM; {REMOVE_ALL}; kill $service; wait $service; {REMOVE_ALL}; exit 0' TERM
wait $service
"""


def install(say: Any) -> None:
    """Podman by apt-get, where it is not there. Raises LocalError where that cannot be done."""
    if all(map(shutil.which, PROGRAMS)):
        if os.getuid() != 0:
            raise LocalError(NEEDS)
        return
    if os.getuid() != 0 or not shutil.which("apt-get"):
        raise LocalError(NEEDS)
    say(f"No Docker engine here. Installing what does without one (once): apt-get install {' '.join(PACKAGES)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "--quiet"], capture_output=True, check=False, env=environment)
    run(["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *PACKAGES], environment)


NEEDS = (
    "`make sam-test` needs a Docker engine, one that answers `docker info`. Root on Debian 12 or later can do without, "
    f"with packages that apt-get has: {' '.join(PACKAGES)}."
)


class Podman:
    """folder: of its images and settings. socket: where it serves. log: what it says."""

    def __init__(self, folder: Path, socket: Path, log: Path) -> None:
        if len(os.fsencode(socket)) > SOCKET_PATH_LIMIT:
            raise LocalError(f"{socket} is too long a path for a socket. Move the project to a shorter one.")
        self.folder, self.socket, self.log = folder, socket, log

    @property
    def environment(self) -> dict[str, str]:
        """What SAM, and podman itself, have to be told."""
        return {
            "DOCKER_HOST": f"unix://{self.socket}",
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
        }

    def configure(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{self.folder}/images"\nrunroot = "{self.folder}/run"\n'
        )
        # Podman asks for more than a root without CAP_SYS_RESOURCE may have, and fails.
        files, processes = hard_limit(resource.RLIMIT_NOFILE), hard_limit(resource.RLIMIT_NPROC)
        (self.folder / "containers.conf").write_text(
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            '[network]\nnetwork_backend = "netavark"\n'
        )

    def run(
        self, *command: str | Path, check: bool = True, stdin: IO[bytes] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return run(["podman", *command], {**os.environ, **self.environment}, check=check, stdin=stdin)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Docker's API on the socket, while the block runs. Raises LocalError."""
        self.remove_leftovers()
        self.socket.unlink(missing_ok=True)
        environment = {**os.environ, **self.environment}
        service = Process(["sh", "-c", SERVE, "podman", self.socket], log=self.log, environment=environment)
        try:
            deadline = time.monotonic() + READY_SECONDS
            while not answers(self.socket):
                if not service.running or time.monotonic() > deadline:
                    raise LocalError(f"podman does not serve. See {self.log}")
                time.sleep(0.05)
            yield
        finally:
            service.stop()
            self.socket.unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Of a run that was killed, and images that a newer one has taken the name of."""
        environment = {**os.environ, **self.environment}
        run(["sh", "-c", f"{REMOVE_ALL}; podman image prune --force >/dev/null"], environment)

    @contextmanager
    def bridge(self, image: str) -> Iterator[str]:
        """The address at which containers find this machine. It is there while a container is: one that sleeps."""
        self.run("run", "--detach", "--rm", "--name", "handoff-bridge", image, "sleep", "infinity")
        try:
            network = json.loads(self.run("network", "inspect", "podman").stdout)[0]
            yield network["subnets"][0]["gateway"]
        finally:
            self.run("rm", "--force", "--time", "0", "handoff-bridge", check=False)


def hard_limit(kind: int) -> int:
    """What a container may ask for; podman lowers its own number of processes to 32768."""
    limit = resource.getrlimit(kind)[1]
    return 32_768 if limit == resource.RLIM_INFINITY else min(limit, 32_768)


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
