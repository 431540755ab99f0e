"""Whoever follows a page of docs/ to the letter gets what it promises."""

import os
import subprocess
import sys
from pathlib import Path

from infra.local.ports import free_port
from tests.docs.pages import Reader

DOWNLOAD = {
    "DATABASE_URL": "postgresql://u:p@localhost/x",
    "PUBLIC_URL": "http://localhost:8000",
    "LINK_KEYS": "l" * 40,
}
"""What download needs beside its store."""

TRIGGER = {
    **DOWNLOAD,
    "DELIVERY_URL": "http://localhost:8000",
    "QSTASH_TOKEN": "token",
    "SESSION_KEYS": "s" * 40,
}


def python(copy: Path, environment: dict[str, str], code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_a_document_that_is_written_after_the_page_is_exported(copy: Path, environment: dict[str, str]) -> None:
    with Reader(copy, environment, {8000: free_port()}).following("write-a-document.md") as said:
        assert said.endswith("Hello, Ada")


def test_a_provider_that_is_written_after_the_page_keeps_every_promise(copy: Path, environment: dict[str, str]) -> None:
    with Reader(copy, environment, {}).following("write-a-provider.md") as said:
        assert " passed in " in said
        assert "failed" not in said
    asked = "from handoff.wiring import Wiring; print(type(Wiring('download').storage).__name__)"
    chosen = {**environment, **DOWNLOAD, "STORAGE_PROVIDER": "sqlite", "SQLITE_URL": "http://x.example/files"}
    said = python(copy, {**chosen, "SQLITE_KEY": "short"}, asked)
    assert "download cannot start: SQLITE_FILE is not set (the database files are kept in); SQLITE_KEY " in said
    chosen |= {"SQLITE_FILE": str(copy / "files.sqlite"), "SQLITE_KEY": "k" * 40}
    assert python(copy, chosen, asked) == "SqliteStorage\n"
    asked = "from tests.conformance.providers import HELD; print(HELD[-1].suite)"
    assert python(copy, environment, asked) == "TestSqliteStorage\n"


def test_an_image_provider_that_is_written_after_the_page_keeps_every_promise_and_is_called(
    copy: Path, environment: dict[str, str]
) -> None:
    with Reader(copy, environment, {}).following("write-an-image-provider.md") as said:
        assert " passed in " in said
        assert "failed" not in said
    made = """
from handoff.jobs.outgoing import DueMessage
from handoff.wiring import Wiring
from handoff.wiring.images import image_calls, image_choices
from uuid import UUID
wiring = Wiring("trigger")
wanted = {"prompt": "a fox", "size": "512x512", "quality": "ink"}
message = image_calls(wiring).message(DueMessage(UUID(int=1), "generate_image", 1, wanted))
print(image_choices(wiring.settings)["qualities"], message.url, message.credential)
print(message.flow_control, message.retries)
print(wiring.queue._credentials)
"""
    chosen = {**environment, **TRIGGER, "IMAGE_PROVIDER": "sketch"}
    said = python(copy, chosen, made)
    assert "SKETCH_URL is not set (Sketch's address); SKETCH_API_KEY is not set (pays for sketches)" in said
    chosen |= {"SKETCH_URL": "https://sketch.example", "SKETCH_API_KEY": "the-key", "SKETCH_PARALLELISM": "3"}
    assert python(copy, chosen, made).splitlines() == [
        "['pencil', 'ink'] https://sketch.example/v1/sketch sketch",
        "FlowControl(key='sketch', rate=60, period_seconds=60, parallelism=3) 2",
        "{'sketch': 'the-key'}",
    ]


def test_a_carrier_that_is_written_after_the_page_is_heard(copy: Path, environment: dict[str, str]) -> None:
    with Reader(copy, environment, {8000: free_port()}).following("write-a-carrier.md") as said:
        assert said.endswith("acme|c-17|2026-01-31 14:03:20+00\n")


def test_a_job_type_that_is_written_after_the_page_is_run_by_its_queue(alone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    environment = {"PATH": f"{alone.parent}:{os.environ['PATH']}"}
    ports = {8080: free_port(), 9000: free_port()}
    with Reader(folder, environment, ports).following("write-a-job-type.md") as said:
        assert said.endswith("Hello, Ada!\nNo greeting for nobody.\n")
