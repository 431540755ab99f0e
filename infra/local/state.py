"""The folder .handoff: what a laptop keeps between runs, and how two runs keep out of each other's way.

postgres/    the database
files/       exported files
downloads/   what `handoff demo` saved
logs/        of the present run; logs.previous/ of the one before
keys.json    made once; readable by its owner alone
stack.json   where the running stack is; readable by its owner alone, gone when it has ended
lock         held by the running stack; the kernel lets go of it however that ends
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.local.errors import AlreadyRunningError, LocalError

ROOT = Path(__file__).parents[2]
DEFAULT_FOLDER = ROOT / ".handoff"

Json = dict[str, Any]


class State:
    def __init__(self, folder: Path = DEFAULT_FOLDER) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.logs = self.folder / "logs"
        self.files = self.folder / "files"
        self.postgres = self.folder / "postgres"
        self.downloads = self.folder / "downloads"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the folder for one run. Raises AlreadyRunningError."""
        with (self.folder / "lock").open("w") as lock:
            if not try_lock(lock.fileno()):
                raise AlreadyRunningError(self._describe_other())
            try:
                yield
            finally:
                self._stack_file.unlink(missing_ok=True)

    def running_stack(self) -> Json | None:
        """What the running stack wrote of itself; None when none runs, whatever a killed one left."""
        with (self.folder / "lock").open("a") as lock:
            if try_lock(lock.fileno()):
                return None
        try:
            found: Json = json.loads(self._stack_file.read_text())
        except FileNotFoundError:
            return None
        return found

    def write_stack(self, about: Json) -> None:
        write_private(self._stack_file, about)

    def keys(self) -> dict[str, str]:
        """The laptop's secrets, made at the first call."""
        file = self.folder / "keys.json"
        if not file.exists():
            if self.postgres.exists():
                raise LocalError(
                    f"{file} is gone, and with it the database's password. Remove {self.folder} to begin anew."
                )
            write_private(file, make_keys())
        found: dict[str, str] = json.loads(file.read_text())
        if added := make_keys().keys() - found.keys():  # of an older version
            found |= {name: key for name, key in make_keys().items() if name in added}
            write_private(file, found)
        return found

    def rotate_logs(self) -> None:
        previous = self.folder / "logs.previous"
        if self.logs.exists():
            shutil.rmtree(previous, ignore_errors=True)
            self.logs.rename(previous)
        self.logs.mkdir(parents=True)

    @property
    def _stack_file(self) -> Path:
        return self.folder / "stack.json"

    def _describe_other(self) -> str:
        about = self.running_stack()
        where = f" (process {about['pid']}, {about['page']})" if about else ""
        return f"Handoff already runs in {self.folder}{where}. End that one first, with Ctrl-C in its terminal."


def make_keys() -> dict[str, str]:
    return {
        "database_password": secrets.token_urlsafe(24),
        "link_keys": secrets.token_urlsafe(36),
        "session_keys": secrets.token_urlsafe(36),
        "storage_signing_key": secrets.token_urlsafe(36),
        "call_webhook_secret": "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode(),
        "twilio_auth_token": secrets.token_hex(16),
    }


def write_private(file: Path, content: Json) -> None:
    """Appears whole, and never readable by others, not even for a moment."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        json.dump(content, opened, indent=2)
    unfinished.rename(file)


def try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
