"""The store in an Azure container: on Microsoft's emulator, and on servers that answer as told."""

import hmac
import logging
import socket
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from azure.storage.blob import ContainerClient

from handoff.storage import FileAbsentError, Storage, StorageUnavailableError
from handoff.storage.azure_blob import AzureBlobStorage
from handoff.storage.azure_blob.errors import translated
from handoff.testing.stores import (
    MIB,
    PDF,
    SIGNED_AT,
    Elsewhere,
    Fetch,
    StorageConformance,
    UnluckyError,
    broken_off,
    read,
)
from handoff.testing.stores.base import OPERATIONS
from infra.local.azurite import ACCOUNT, KEY, connection_string
from tests.fetch.servers import Script, Server, raw, serving
from tests.fetch.servers import answer as answered
from tests.storage.azurite import CONTAINER, Azurite, running_azurite


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with running_azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="module")
def shared(azurite: Azurite) -> AzureBlobStorage:
    return AzureBlobStorage(azurite.connection_string, CONTAINER)


class TestAzureBlobStorage(StorageConformance):
    @pytest.fixture
    def storage(self, shared: AzureBlobStorage) -> AzureBlobStorage:
        return shared

    @pytest.fixture
    def gone(self, azurite: Azurite) -> Storage:
        return AzureBlobStorage(azurite.connection_string, "another-container")

    @pytest.fixture
    def secrets(self, azurite: Azurite) -> list[str]:
        return [CONTAINER, "another-container", azurite.url, azurite.url.removeprefix("http://"), KEY]

    @pytest.fixture
    def opened_elsewhere(self, azurite: Azurite) -> Elsewhere:
        arguments = {"connection_string": azurite.connection_string, "container": CONTAINER}
        return Elsewhere("handoff.storage.azure_blob:AzureBlobStorage", arguments)

    @pytest.fixture
    def fetch(self, azurite: Azurite) -> Fetch:
        return azurite.fetched


IN_THE_CLOUD = f"DefaultEndpointsProtocol=https;AccountName=anaccount;AccountKey={KEY};EndpointSuffix=core.windows.net"


def test_a_url_leads_to_one_file_is_for_https_alone_and_signed_as_documented() -> None:
    """https://learn.microsoft.com/rest/api/storageservices/create-service-sas#version-2020-12-06-and-later"""
    url = AzureBlobStorage(IN_THE_CLOUD, "files").signed_url("exports/a", SIGNED_AT, 15, "ä b.pdf", PDF)
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://anaccount.blob.core.windows.net/files/exports/a"
    assert parts.query.count("+") == 0, "some read it as a space"
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    signature, version = query.pop("sig"), query.pop("sv")
    assert version >= "2020-12-06"
    assert query == {
        "sp": "r",
        "st": "2031-05-06T06:53:09Z",
        "se": "2031-05-06T07:08:24Z",
        "spr": "https",
        "sr": "b",
        "rscc": "private, no-store",
        "rscd": "attachment; filename=\"_ b.pdf\"; filename*=UTF-8''%C3%A4%20b.pdf",
        "rsct": PDF,
    }
    signed = [
        query["sp"], query["st"], query["se"], "/blob/anaccount/files/exports/a",
        "",  # signed identifier
        "",  # IP
        query["spr"], version, query["sr"],
        "",  # snapshot
        "",  # encryption scope
        query["rscc"], query["rscd"],
        "",  # content encoding
        "",  # content language
        query["rsct"],
    ]  # fmt: skip
    assert signature == b64encode(hmac.digest(b64decode(KEY), "\n".join(signed).encode(), "sha256")).decode()


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_url_holds_where_the_clock_of_azure_is_behind(
    minutes: int, shared: AzureBlobStorage, azurite: Azurite
) -> None:
    shared.put("clock/a", [b"%PDF"], PDF)
    url = shared.signed_url("clock/a", SIGNED_AT, 15, "a.pdf", PDF)
    got = azurite.fetched(url, SIGNED_AT + timedelta(minutes=minutes))
    assert got.status == (200 if minutes < 0 else 403)


def test_a_url_can_neither_write_nor_delete_nor_list(shared: AzureBlobStorage, azurite: Azurite) -> None:
    shared.put("rights/a", [b"%PDF"], PDF)
    url = shared.signed_url("rights/a", SIGNED_AT, 15, "a.pdf", PDF)
    assert azurite.fetched(url, SIGNED_AT, "PUT", x_ms_blob_type="BlockBlob").status == 403
    assert azurite.fetched(f"{url}&comp=block&blockid=YQ==", SIGNED_AT, "PUT").status == 403
    assert azurite.fetched(f"{url}&comp=metadata", SIGNED_AT, "PUT").status == 403
    assert azurite.fetched(url, SIGNED_AT, "DELETE").status == 403
    container = url.replace("/rights/a?", "?restype=container&comp=list&")
    assert azurite.fetched(container, SIGNED_AT).status == 403
    assert read(shared, "rights/a") == b"%PDF"


def test_the_type_is_kept_with_the_file(shared: AzureBlobStorage, azurite: Azurite) -> None:
    for key, size in (("type/small", 1), ("type/large", 9 * MIB)):
        shared.put(key, [bytes(size)], PDF)
        assert client(azurite).get_blob_client(key).get_blob_properties().content_settings.content_type == PDF


def test_a_broken_off_upload_leaves_blocks_that_are_part_of_nothing(shared: AzureBlobStorage, azurite: Azurite) -> None:
    with pytest.raises(UnluckyError):
        shared.put("blocks/broken", broken_off(bytes(17 * MIB), error=UnluckyError()), PDF)
    committed, waiting = client(azurite).get_blob_client("blocks/broken").get_block_list("all")
    assert (len(committed), len(waiting)) == (0, 2)
    shared.put("blocks/broken", [b"x" * 9 * MIB], PDF)
    assert read(shared, "blocks/broken") == b"x" * 9 * MIB
    committed, waiting = client(azurite).get_blob_client("blocks/broken").get_block_list("all")
    assert (len(committed), len(waiting)) == (2, 0)


def test_two_uploads_of_one_key_at_once_never_mix(shared: AzureBlobStorage) -> None:
    """The blocks of the one that is committed last are gone by then: it ends with an error, not with the other's."""

    def during() -> Iterator[bytes]:
        yield b"a" * 9 * MIB
        shared.put("two/a", [b"b" * 9 * MIB], PDF)
        yield b"a" * 9 * MIB

    with pytest.raises(StorageUnavailableError, match="InvalidBlockList"):
        shared.put("two/a", during(), PDF)
    assert read(shared, "two/a") == b"b" * 9 * MIB


def test_a_file_with_snapshots_is_deleted_with_them(shared: AzureBlobStorage, azurite: Azurite) -> None:
    shared.put("snapshots/a", [b"x"], PDF)
    client(azurite).get_blob_client("snapshots/a").create_snapshot()
    shared.delete("snapshots/a")
    assert not list(client(azurite).list_blobs("snapshots/", include=["snapshots"]))


@pytest.mark.parametrize("change", ["delete", "put"])
def test_a_file_that_is_changed_while_it_is_read_is_unavailable(change: str, shared: AzureBlobStorage) -> None:
    shared.put("changing/a", [b"a" * 9 * MIB], PDF)
    with shared.open("changing/a") as stream:
        chunks = iter(stream)
        assert next(chunks) == b"a" * 256 * 1024
        if change == "delete":
            shared.delete("changing/a")
        else:
            shared.put("changing/a", [b"b" * 9 * MIB], PDF)
        with pytest.raises(StorageUnavailableError):
            list(chunks)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "nonsense",
        "AccountName=anaccount",
        f"AccountKey={KEY}",
        "BlobEndpoint=https://anaccount.blob.core.windows.net/;SharedAccessSignature=sv=2025-01-05&sig=c2lnbmVk",
        IN_THE_CLOUD.replace("https", "http"),
        f"AccountName=a;AccountKey={KEY};BlobEndpoint=http://files.example/a",
    ],
    ids=["empty", "nonsense", "no key", "no account", "a signature", "plain HTTP", "plain HTTP to an endpoint"],
)
def test_a_connection_string_that_cannot_sign_or_is_not_private_is_refused_at_once(wrong: str) -> None:
    with pytest.raises(ValueError, match="the connection string must have") as caught:
        AzureBlobStorage(wrong, "files")
    assert KEY not in str(caught.value)


def client(azurite: Azurite) -> Any:
    return ContainerClient.from_connection_string(azurite.connection_string, CONTAINER)


# ---- Servers that answer as told. ----


@pytest.fixture(scope="module")
def scripted() -> Iterator[tuple[Server, AzureBlobStorage]]:
    """A server that answers as told, and the store that asks it."""
    with serving(raw(b"")) as server:
        url = f"http://{server.authority}"
        yield server, AzureBlobStorage(connection_string(url), CONTAINER, read_timeout_seconds=0.3)


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
    with pytest.raises(StorageUnavailableError, match="ServiceRequestError") as caught:
        read(AzureBlobStorage(connection_string(f"http://{address}"), CONTAINER), "a/key")
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
