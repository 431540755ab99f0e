"""Azurite for tests: its own clock decides whether a signed URL holds, and a test moves that clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from os import environ
from pathlib import Path
from sys import executable
from urllib.parse import urlsplit

from handoff.storage.azure_blob import AzureBlobStorage
from handoff.testing.stores import Fetched
from infra.local import azurite
from infra.local.ports import answers, free_port
from infra.local.processes import Process
from tests.support.clocks import DatabaseClock

CONTAINER = "a-secret-container"
START_SECONDS = 30.0


@dataclass(frozen=True)
class Azurite:
    """A running one, with CONTAINER in it."""

    url: str
    clock: DatabaseClock

    @property
    def connection_string(self) -> str:
        return azurite.connection_string(self.url)

    def fetched(self, url: str, now: datetime, method: str = "GET", **headers: str) -> Fetched:
        """The answer to a signed URL at that time."""
        parts = urlsplit(url)
        connection = HTTPConnection(parts.netloc, timeout=10)
        self.clock.stop_at(now)
        try:
            said = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, f"{parts.path}?{parts.query}", headers={"Content-Length": "0", **said})
            response = connection.getresponse()
            given = {name.lower(): value for name, value in response.getheaders()}
            return Fetched(response.status, given, response.read())
        finally:
            self.clock.run()
            connection.close()


@contextmanager
def opened(connection_string: str, container: str, **options: float) -> Iterator[AzureBlobStorage]:
    """A store whose connections are closed afterwards, not when its garbage is collected."""
    storage = AzureBlobStorage(connection_string, container, **options)
    try:
        yield storage
    finally:
        storage._container.close()


@contextmanager
def running_azurite(folder: Path) -> Iterator[Azurite]:
    assert (azurite.FOLDER / "handoff.stamp").exists(), "It is not installed: make .tools/azurite/handoff.stamp"
    clock, port = DatabaseClock(folder), free_port()
    command = [executable, "-m", "infra.local.azurite", "--port", str(port), "--container", CONTAINER]
    environment = {**environ, **azurite.ENVIRONMENT, **clock.environment}
    process = Process(command, log=folder / "azurite.log", environment=environment)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(port):
            assert process.running, (folder / "azurite.log").read_text()
            assert time.monotonic() < deadline, "it does not start"
            time.sleep(0.05)
        yield Azurite(f"http://127.0.0.1:{port}", clock)
    finally:
        process.stop()
