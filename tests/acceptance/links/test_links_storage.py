"""Storage that fails costs the visitor one attempt, and the link nothing."""

import shutil
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from handoff.storage.s3 import S3Storage
from tests.acceptance.links.expected import assert_refused, assert_sent
from tests.support.handoff import Handoff
from tests.support.object_store import BUCKET, ObjectStore, error
from tests.support.servers import Respond, Source, send


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def say_nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.settimeout(3)
    handler.rfile.read(1)  # until the other side has had enough
    handler.close_connection = True


def stop_midway(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "2016")
    handler.end_headers()
    handler.wfile.write(b"%PDF-1.7\n")
    hang_up(handler)


def send_nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"this is no HTTP\r\n\r\n")
    handler.close_connection = True


def send_another_file(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 200, b"%PDF-1.7 but a shorter one")


def send_elsewhere(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 301, b"", Location="https://evil.example/canary", x_amz_bucket_region="us-east-1")


TROUBLES: dict[str, Respond] = {
    "refuses": error(403, "AccessDenied"),
    "has no such file": error(404, "NoSuchKey"),
    "has no such bucket": error(404, "NoSuchBucket"),
    "is overloaded": error(503, "SlowDown"),
    "breaks": error(500, "InternalError"),
    "sends a page": lambda handler: send(handler, 502, b"<html>canary</html>", Content_Type="text/html"),
    "redirects": send_elsewhere,
    "hangs up": hang_up,
    "says nothing": say_nothing,
    "stops midway": stop_midway,
    "sends nonsense": send_nonsense,
    "sends another file": send_another_file,
}


@pytest.mark.line("L18")
def test_a_store_in_trouble_is_a_502_and_the_link_works_as_before(
    on_s3: Handoff, store: ObjectStore, source: Source
) -> None:
    person = on_s3.person()
    export = person.ready_export()
    link = export["links"][0]
    # The provider's own limits are longer than a test should take.
    impatient = S3Storage(BUCKET, connect_timeout_seconds=0.8, read_timeout_seconds=0.8)
    vars(on_s3.download.wiring)["storage"] = impatient
    for number, (name, trouble) in enumerate(TROUBLES.items()):
        store.trouble = trouble
        store.requests.clear()
        assert_refused(on_s3.visit(link["url"]), "failed")
        assert store.requests, f"the store was not asked: {name}"
        assert_refused(on_s3.visit(link["url"], Range="bytes=3-9"), "failed")
        store.trouble = None
        assert_sent(on_s3.visit(link["url"]), source.body)
        seen = person.export(export["id"])
        assert seen["downloads"] == number + 1, "what storage did not give was counted"
        assert seen["links"][0] == {**link, "downloads": number + 1}
    outcomes = on_s3.rows("SELECT outcome::text, count(*) FROM visits GROUP BY 1 ORDER BY 1")
    tried = len(TROUBLES)
    assert outcomes == [{"outcome": "admitted", "count": tried}, {"outcome": "failed", "count": 2 * tried}]


def make_unreadable(folder: Path, file: Path) -> None:
    """Even for root, whom no file mode keeps out."""
    file.unlink()
    file.mkdir()


def put_a_file_in_its_place(folder: Path, file: Path) -> None:
    shutil.rmtree(folder)
    folder.touch()


BREAKS: dict[str, Callable[[Path, Path], object]] = {
    "the file is gone": lambda folder, file: file.unlink(),
    "the file is shorter": lambda folder, file: file.write_bytes(file.read_bytes()[:-1]),
    "the file is longer": lambda folder, file: file.write_bytes(file.read_bytes() + b"x"),
    "the file cannot be read": make_unreadable,
    "the folder is gone": lambda folder, file: shutil.rmtree(folder),
    "the folder is none": put_a_file_in_its_place,
}


@pytest.mark.line("L18")
@pytest.mark.parametrize("name", BREAKS)
def test_a_folder_in_trouble_is_a_502_and_the_link_works_as_before(
    name: str, handoff: Handoff, source: Source, tmp_path: Path
) -> None:
    link = handoff.person().ready_export()["links"][0]
    folder, kept = tmp_path / "files", tmp_path / "kept"
    shutil.copytree(folder, kept)
    [file] = (path for path in folder.rglob("*") if path.is_file())
    BREAKS[name](folder, file)
    for module in (handoff.download, handoff.load("download")):
        vars(handoff)["download"] = module
        assert_refused(handoff.visit(link["url"]), "failed")
    if folder.is_dir():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
    kept.rename(folder)
    assert_sent(handoff.visit(link["url"]), source.body)
