"""The processes a laptop has in place of what is bought in the cloud: Postgres, a queue, a store, who makes images, the
source."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from handoff.settings import SETTINGS
from infra.local import identity
from infra.local.environment import has_own_issuer, has_own_source
from infra.local.errors import LocalError
from infra.local.parts import image_part, queue_part, store_part
from infra.local.parts.base import Server
from infra.local.parts.qstash import NAME as QSTASH
from infra.local.ports import HOST, answers, free_port
from infra.local.postgres import Postgres
from infra.local.processes import Process
from infra.local.source import DEFAULT_PDF, PATH, check_pdf
from infra.local.state import State

QSTASH_PORT = 8080  # the official development server's
READY_SECONDS = 15.0
RESTART_PAUSE_SECONDS = 2.0


class Service:
    """One of our own servers: `python -m module --port N ...`."""

    def __init__(
        self,
        name: str,
        module: str,
        port: int,
        arguments: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.url = f"http://{HOST}:{port}"
        self.port = port
        self._command = [sys.executable, "-m", module, "--port", str(port), *arguments]
        self._log = log
        self._environment = environment or {}
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def start(self) -> None:
        """Returns once it takes connections. Raises LocalError."""
        # Not the settings that the caller's shell may hold, such as the token of another queue.
        ours = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        self._process = Process(self._command, log=self._log, environment={**ours, **self._environment})
        deadline = time.monotonic() + READY_SECONDS
        while not answers(self.port):
            if not self._process.running or time.monotonic() > deadline:
                raise LocalError(f"{self.name} did not start. See {self._log}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process:
            self._process.stop()


class Services:
    """All of them. queue, store, images and source are None where none is needed, or the caller's environment names
    others.

    page    the page's origin, for an OpenID provider; None where nobody can sign in
    pdf     the file the source serves; None for the one that comes with Handoff
    speed   divides the queue's delays
    report  told, in a sentence, what a developer should know
    """

    def __init__(
        self,
        state: State,
        caller: Mapping[str, str],
        *,
        page: str | None = None,
        pdf: Path | None = None,
        qstash_port: int = QSTASH_PORT,
        speed: float = 1.0,
        report: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        password = state.keys()["database_password"]
        self.postgres = Postgres(state.postgres, password, port=free_port(), log=state.logs / "postgres.log")
        self._report = report
        self._changing = threading.Lock()
        self._stopped = False
        self._restarted: dict[str, float] = {}

        def service(server: Server | None) -> Service | None:
            if server is None:
                return None
            port = free_port(qstash_port if server.name == QSTASH else 0)
            log = state.logs / server.log
            return Service(server.name, server.module, port, server.arguments, log, server.environment)

        self.images = service(image_part(caller).server(caller, speed=speed))
        images = self.images.url if self.images else ""
        self.queue = service(queue_part(caller).server(caller, speed=speed, images=images))
        self.store = service(store_part(caller).server(caller, speed=speed))
        self.source = None if has_own_source(caller) else service(source_server(pdf))
        self.identity = service(identity_server(page)) if page and not has_own_issuer(caller) else None

    @property
    def source_url(self) -> str:
        return f"{self.source.url}{PATH}" if self.source else ""

    @property
    def _all(self) -> list[Postgres | Service]:
        services = (self.postgres, self.queue, self.source, self.store, self.images, self.identity)
        return [service for service in services if service]

    def start(self) -> None:
        """Starts all at once and returns when all are ready. Raises LocalError."""
        failures: list[LocalError] = []

        def start(service: Postgres | Service) -> None:
            try:
                service.start()
            except LocalError as error:
                failures.append(error)

        with self._changing:
            threads = [threading.Thread(target=start, args=(service,)) for service in self._all]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if failures:
            raise failures[0]

    def restart_ended(self) -> bool:
        """Starts again what ended without being asked to, as a cloud would; whether there was anything."""
        restarted = False
        with self._changing:
            for service in self._all:
                soon = time.monotonic() < self._restarted.get(service.name, 0.0) + RESTART_PAUSE_SECONDS
                if not service.running and not self._stopped and not soon:
                    self._report(f"{service.name} ended and is started again.")
                    self._restarted[service.name] = time.monotonic()
                    service.stop()  # lets go of what is left of the old one
                    service.start()
                    restarted = True
        return restarted

    def stop(self) -> None:
        """Postgres last: the others may still be writing."""
        with self._changing:
            self._stopped = True
            for service in reversed(self._all):
                service.stop()

    def ports(self) -> list[int]:
        return [service.port for service in self._all]

    def process_ids(self) -> dict[str, int | None]:
        return {service.name: service.pid for service in self._all}


def identity_server(page: str) -> Server:
    return Server(
        "The OpenID provider",
        "infra.local.identity",
        "identity.log",
        ("--page", page),
        environment=identity.ENVIRONMENT,
    )


def source_server(pdf: Path | None) -> Server:
    return Server("The source", "infra.local.source", "source.log", ("--pdf", str(check_pdf(pdf or DEFAULT_PDF))))
