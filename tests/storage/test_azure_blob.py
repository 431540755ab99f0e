"""The store in an Azure container, on Microsoft's emulator. What else Azure may answer: test_azure_answers.py."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from azure.storage.blob import ContainerClient

from handoff.storage import Storage, StorageUnavailableError
from handoff.storage.azure_blob import AzureBlobStorage
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
from infra.local.azurite import KEY
from tests.storage.azurite import CONTAINER, Azurite, opened, running_azurite


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with running_azurite(tmp_path_factory.mktemp("azurite")) as running:
        yield running


@pytest.fixture(scope="module")
def shared(azurite: Azurite) -> Iterator[AzureBlobStorage]:
    with opened(azurite.connection_string, CONTAINER) as storage:
        yield storage


class TestAzureBlobStorage(StorageConformance):
    @pytest.fixture
    def storage(self, shared: AzureBlobStorage) -> AzureBlobStorage:
        return shared

    @pytest.fixture
    def gone(self, azurite: Azurite) -> Iterator[Storage]:
        with opened(azurite.connection_string, "another-container") as storage:
            yield storage

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
