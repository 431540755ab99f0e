"""The store in an Azure container, on servers that answer as told."""

import logging
import socket
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest

from handoff.storage import FileAbsentError, StorageUnavailableError
from handoff.storage.azure_blob import AzureBlobStorage
from handoff.storage.azure_blob.errors import translated
from handoff.testing.stores import MIB, PDF, read
from handoff.testing.stores.base import OPERATIONS
from infra.local.azurite import ACCOUNT, KEY, connection_string
from tests.fetch.servers import Script, Server, raw, serving
from tests.fetch.servers import answer as answered
from tests.storage.azurite import CONTAINER, opened


@pytest.fixture(scope="module")
def scripted() -> Iterator[tuple[Server, AzureBlobStorage]]:
    """A server that answers as told, and the store that asks it."""
    with serving(raw(b"")) as server:
        url = f"http://{server.authority}"
        with opened(connection_string(url), CONTAINER, read_timeout_seconds=0.3) as storage:
            yield server, storage


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's pauses between attempts, up to two seconds each."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def answer(body: bytes, *, status: str = "200 OK", headers: dict[str, str] | None = None) -> Script:
    """These servers close after each answer, and say so: or a next request might go where nobody listens any more."""
    return answered(body, status=status, headers={"Connection": "close", **(headers or {})})


def silent(connection: socket.socket) -> None:
    connection.settimeout(5)  # seconds; whoever waits longer sees another error
    connection.recv(1)


def error(status: int, code: str) -> Script:
    body = f"<Error><Code>{code}</Code><Message>{CONTAINER}</Message></Error>".encode() if code else b""
    headers = {"Content-Type": "application/xml", "x-ms-error-code": code}
    return answer(body, status=f"{status} Error", headers=headers)


def part(start: int, body: bytes, size: int, *, says: int | None = None) -> Script:
    said = f"bytes {start}-{start + (says or len(body)) - 1}/{size}"
    headers = {"Content-Range": said, "Content-Length": str(says or len(body)), "x-ms-blob-type": "BlockBlob"}
    return answer(body, status="206 Partial", headers={**headers, "ETag": '"1"'})


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        (error(403, "AuthenticationFailed"), "AuthenticationFailed"),
        (error(404, "ContainerNotFound"), "ContainerNotFound"),
        (error(404, "ResourceNotFound"), "ResourceNotFound"),
        (error(409, "BlobArchived"), "BlobArchived"),
        (error(500, "InternalError"), "InternalError"),
        (error(404, ""), "404"),
        (error(404, "a sentence, with a key"), "404"),
        (answer(b"", status="302 Found", headers={"Location": "http://127.0.0.1:1/stolen"}), "302"),
        (answer(b"no range"), "another range"),
        (raw(b""), "ServiceResponseError|ServiceRequestError"),
        (raw(b"junk"), "ServiceResponseError|ServiceRequestError"),
        (silent, "TimeoutError"),
    ],
)
def test_what_is_no_answer_about_the_file_is_unavailable(
    script: Script, detail: str, scripted: tuple[Server, AzureBlobStorage], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server, storage = scripted
    server.answers(script)
    with pytest.raises(StorageUnavailableError, match=detail) as caught:
        read(storage, "a/key")
    for said in (str(caught.value), caplog.text):
        assert not [secret for secret in (server.authority, CONTAINER, ACCOUNT, "a/key", KEY) if secret in said]


def test_what_the_sdk_makes_of_odd_headers_is_unavailable() -> None:
    with pytest.raises(StorageUnavailableError, match="IndexError"), translated():
        _ = "bytes".partition(" ")[3]  # type: ignore[misc]


@pytest.mark.parametrize("operation", ["open", "stat", "put", "delete"])
def test_a_store_that_is_busy_is_asked_twice_and_no_more(
    operation: str, scripted: tuple[Server, AzureBlobStorage]
) -> None:
    server, storage = scripted
    server.answers(error(503, "ServerBusy"))
    with pytest.raises(StorageUnavailableError, match="ServerBusy"):
        OPERATIONS[operation](storage, "a")
    assert len(server.requests) == 2


def test_a_store_that_cannot_be_reached_is_unavailable(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with serving(raw(b"")) as server:
        address = server.authority
    with (
        opened(connection_string(f"http://{address}"), CONTAINER) as storage,
        pytest.raises(StorageUnavailableError, match="ServiceRequestError") as caught,
    ):
        read(storage, "a/key")
    assert address not in str(caught.value)
    assert not [secret for secret in (address, "a/key") if secret in caplog.text]


def test_an_absent_file_is_told_from_an_absent_container(scripted: tuple[Server, AzureBlobStorage]) -> None:
    server, storage = scripted
    server.answers(error(404, "BlobNotFound"))
    for operation in ("stat", "open"):
        with pytest.raises(FileAbsentError):
            OPERATIONS[operation](storage, "a")
    storage.delete("a")
    server.answers(error(404, "ContainerNotFound"))
    for operation in ("stat", "open", "delete"):
        with pytest.raises(StorageUnavailableError):
            OPERATIONS[operation](storage, "a")


def test_a_range_is_looked_at_after_a_broken_connection_too(scripted: tuple[Server, AzureBlobStorage]) -> None:
    server, storage = scripted
    server.answers(raw(b""), part(0, b"012345678", 10))
    with pytest.raises(StorageUnavailableError, match="another range"):
        read(storage, "a", 1, 10)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "script",
    [
        part(1, b"short", 10, says=9),
        answer(b"0123456789"),
        part(0, b"012345678", 10),
        part(1, b"123456789ab", 12),
        part(1, b"1234", 10),
    ],
    ids=["broken off", "the whole file", "another start", "more", "less"],
)
def test_another_range_than_asked_for_is_never_given(script: Script, scripted: tuple[Server, AzureBlobStorage]) -> None:
    server, storage = scripted
    server.answers(script)
    with pytest.raises(StorageUnavailableError):
        read(storage, "a", 1, 10)


def test_a_later_range_of_another_place_is_never_given(scripted: tuple[Server, AzureBlobStorage]) -> None:
    server, storage = scripted
    range_, size = 4 * MIB, 6 * MIB
    server.answers(part(0, bytes(range_), size), part(0, bytes(2 * MIB), size))
    with pytest.raises(StorageUnavailableError, match="another range"):
        read(storage, "a")


def test_a_file_that_is_gone_before_its_last_range_is_unavailable(scripted: tuple[Server, AzureBlobStorage]) -> None:
    """Whoever reads was told that it is there."""
    server, storage = scripted
    server.answers(part(0, bytes(4 * MIB), 6 * MIB), error(404, "BlobNotFound"))
    with storage.open("a") as stream, pytest.raises(StorageUnavailableError, match="BlobNotFound"):
        list(stream)


def test_a_body_that_stalls_is_asked_for_three_times_and_no_more(scripted: tuple[Server, AzureBlobStorage]) -> None:
    server, storage = scripted

    def stalling(connection: socket.socket) -> None:
        part(0, b"0123", 10, says=10)(connection)
        silent(connection)

    server.answers(stalling)
    with pytest.raises(StorageUnavailableError):
        read(storage, "a")
    assert len(server.requests) == 3


def test_an_upload_whose_last_answer_is_lost_ends_with_an_error(scripted: tuple[Server, AzureBlobStorage]) -> None:
    server, storage = scripted
    staged = answer(b"", status="201 Created")
    server.answers(staged, staged, raw(b""), raw(b""))
    with pytest.raises(StorageUnavailableError, match="Service"):
        storage.put("a", [bytes(9 * MIB)], PDF)
    assert [b"comp=blocklist" in request.split(b"\r\n")[0] for request in server.requests] == [False, False, True, True]


def test_each_request_that_brings_bytes_brings_their_checksum(scripted: tuple[Server, AzureBlobStorage]) -> None:
    server, storage = scripted
    created = answer(b"", status="201 Created")
    for size, with_bytes in ((1, 1), (9 * MIB, 2)):
        server.answers(created)
        storage.put("a", [bytes(size)], PDF)
        assert all(b"content-md5: " in request.lower() for request in server.requests[:with_bytes])


def test_two_attempts_name_their_blocks_differently_and_equally_long(scripted: tuple[Server, AzureBlobStorage]) -> None:
    server, storage = scripted
    names = []
    for _ in range(2):
        server.answers(answer(b"", status="201 Created"))
        storage.put("a", [bytes(17 * MIB)], PDF)
        asked = [urlsplit(request.split(b" ")[1].decode()) for request in server.requests]
        names += [name for each in asked if (name := dict(parse_qsl(each.query)).get("blockid"))]
    assert len(set(names)) == 6
    assert len({len(name) for name in names}) == 1
