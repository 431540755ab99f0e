"""The whole laptop stack, running for a test: gateway, containers, Postgres, QStash, source, and the page."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from infra.local.ports import free_port
from infra.local.stack import Options, running_stack
from infra.local.state import State

SOON = 30.0
"""Seconds after which a test gives up waiting for something that takes a moment."""


@dataclass
class LocalStack:
    """A running stack: `page` is its URL, `settings` are those of all functions."""

    page: str
    settings: Mapping[str, str]
    state: State
    visitors: "list[Visitor]" = field(default_factory=list)

    def visitor(self) -> "Visitor":
        """Somebody with a session of their own."""
        self.visitors.append(Visitor(self))
        return self.visitors[-1]

    def service_pid(self, name: str) -> int:
        """The process of Postgres, QStash or The source."""
        about = self.state.running_stack()
        assert about is not None
        return int(about["processes"][name])

    def kill(self, name: str) -> None:
        """kill -9 a service."""
        os.kill(self.service_pid(name), signal.SIGKILL)

    @contextmanager
    def halted(self, name: str) -> Iterator[None]:
        """For as long as the block runs, a service takes connections and says nothing."""
        pid = self.service_pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def container_pids(self, function: str) -> list[int]:
        """The processes that run a function now."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    command = (folder / "cmdline").read_bytes().split(b"\0")
                    parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                except (OSError, IndexError):
                    continue
                module = f"functions/{function}/app.py".encode()
                if b"infra.local.container" in command and any(part.endswith(module) for part in command):
                    found += [int(folder.name)] if parent == os.getpid() else []
        return found

    def kill_function(self, function: str) -> None:
        """kill -9 every container of a function."""
        for pid in self.container_pids(function):
            os.kill(pid, signal.SIGKILL)

    @property
    def database_url(self) -> str:
        """The database itself, past anything that stands before it."""
        about = self.state.running_stack()
        assert about is not None
        return str(about["database"])

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """Look into the database, past the functions."""
        with psycopg.connect(self.database_url, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []


class Visitor:
    """An HTTP client with a session cookie."""

    def __init__(self, stack: LocalStack) -> None:
        self.http = httpx.Client(base_url=stack.page, timeout=40, follow_redirects=False)
        assert self.http.get("/api/session").status_code == 200

    def request_export(self) -> str:
        answer = self.http.post("/api/exports", json={})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def export(self, export_id: str, **headers: str) -> dict[str, Any]:
        answer = self.http.get(f"/api/exports/{export_id}", headers=headers)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def finished_images(self, seconds: float = SOON, **body: Any) -> dict[str, Any]:
        """A new generation once all of its images have ended. For people who have signed in."""
        answer = self.http.post("/api/generations", json={"prompt": "A fox", **body})
        assert answer.status_code == 202, answer.text

        def look() -> dict[str, Any] | None:
            generation: dict[str, Any] = self.http.get(answer.json()["href"]).json()
            ended = all(image["state"] not in ("queued", "running") for image in generation["images"])
            return generation if ended else None

        found: dict[str, Any] = wait_for(look, seconds)
        return found

    def wait_for_end(self, export_id: str, seconds: float = SOON) -> dict[str, Any]:
        """The export once it has ended, whatever happens to the stack meanwhile."""

        def look() -> dict[str, Any] | None:
            try:
                export = self.export(export_id)
            except httpx.HTTPError:
                return None
            return export if export["state"] not in ("queued", "running") else None

        ended: dict[str, Any] = wait_for(look, seconds)
        return ended


@contextmanager
def local_stack(folder: Path, options: Options | None = None, **settings: str) -> Iterator[LocalStack]:
    """Runs the stack in a thread of its own; `settings` are what its caller's environment would hold."""
    options = options or Options()
    options = replace(options, port=0, qstash_port=free_port())
    state = State(folder)
    started = threading.Event()
    result: dict[str, Any] = {}

    async def serve() -> None:
        ending = asyncio.Event()
        caller = {"PATH": os.environ["PATH"], **settings}
        async with running_stack(state, options, caller, lambda sentence: None) as stack:
            result["stack"] = LocalStack(stack.page, stack.settings, state)
            result["end"] = partial(asyncio.get_running_loop().call_soon_threadsafe, ending.set)
            started.set()
            await ending.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            result["error"] = error
        finally:
            started.set()

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    if "stack" not in result:
        thread.join()
        raise result["error"]
    try:
        yield result["stack"]
    finally:
        for visitor in result["stack"].visitors:
            visitor.http.close()
        result["end"]()
        thread.join()


def wait_for(look: Callable[[], Any], seconds: float = SOON) -> Any:
    """What `look` answers once that is something. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
