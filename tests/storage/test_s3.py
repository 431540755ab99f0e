"""The store in an S3 bucket: on moto behind a strict layer, and on servers that answer as told."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.session import Session

from handoff.storage import FileAbsentError, Storage, StorageUnavailableError
from handoff.storage.s3 import S3Storage
from handoff.testing.stores import (
    MIB,
    PDF,
    SIGNED_AT,
    Elsewhere,
    Fetch,
    Fetched,
    StorageConformance,
    UnluckyError,
    broken_off,
    read,
)
from tests.fetch.servers import Script, Server, answer, raw, serving
from tests.storage.strict_s3 import ACCESS_KEY, REGION, SECRET_KEY, SESSION_TOKEN, StrictS3, strict_s3

BUCKET = "a-secret-bucket"


@pytest.fixture(scope="module", autouse=True)
def environment() -> Iterator[pytest.MonkeyPatch]:
    """The environment of a function: temporary credentials and a region, nothing of this machine's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        patch.setenv("AWS_SESSION_TOKEN", SESSION_TOKEN)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_CONFIG_FILE", "/dev/null")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield patch


@pytest.fixture(scope="module")
def store(environment: pytest.MonkeyPatch) -> Iterator[tuple[StrictS3, str]]:
    """S3 with the bucket in it, and its address."""
    with strict_s3() as (layer, url):
        client = Session().create_client("s3", endpoint_url=url)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield layer, url


@pytest.fixture(scope="module")
def shared(store: tuple[StrictS3, str]) -> S3Storage:
    return S3Storage(BUCKET, endpoint_url=store[1])


@pytest.fixture(scope="module")
def elsewhere(store: tuple[StrictS3, str]) -> S3Storage:
    return S3Storage("another-bucket", endpoint_url=store[1])


@pytest.fixture
def layer(store: tuple[StrictS3, str]) -> StrictS3:
    store[0].requests.clear()
    return store[0]


class TestS3Storage(StorageConformance):
    @pytest.fixture
    def storage(self, shared: S3Storage) -> S3Storage:
        return shared

    @pytest.fixture
    def gone(self, elsewhere: S3Storage) -> Storage:
        return elsewhere

    @pytest.fixture
    def secrets(self, store: tuple[StrictS3, str]) -> list[str]:
        return [BUCKET, "another-bucket", store[1], ACCESS_KEY, SECRET_KEY, SESSION_TOKEN]

    @pytest.fixture
    def opened_elsewhere(self, store: tuple[StrictS3, str]) -> Elsewhere:
        return Elsewhere("handoff.storage.s3:S3Storage", {"bucket": BUCKET, "endpoint_url": store[1]})

    @pytest.fixture
    def fetch(self, layer: StrictS3) -> Fetch:
        return lambda url, now, method: fetched(layer, url, now, method)


def fetched(layer: StrictS3, url: str, now: datetime, method: str = "GET", host: str | None = None) -> Fetched:
    """Ask for a URL; with `host`, ask that server for it."""
    parts = urlsplit(url)
    with layer.at(now), closing(http.client.HTTPConnection(host or parts.netloc, timeout=10)) as connection:
        headers = {"Host": parts.netloc, "Content-Length": "0"}
        connection.request(method, f"{parts.path}?{parts.query}", headers=headers)
        response = connection.getresponse()
        said = {name.lower(): value for name, value in response.getheaders()}
        return Fetched(response.status, said, response.read())


def test_a_url_leads_to_the_regions_own_address_and_is_signed_for_a_get_alone(environment: pytest.MonkeyPatch) -> None:
    url = S3Storage(BUCKET).signed_url("exports/a", SIGNED_AT, 15, "a.pdf", PDF)
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"https://{BUCKET}.s3.{REGION}.amazonaws.com/exports/a"
    query = {name: value for name, (value,) in parse_qs(parts.query).items()}
    assert len(query.pop("X-Amz-Signature")) == 64
    assert query == {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{ACCESS_KEY}/20310506/{REGION}/s3/aws4_request",
        "X-Amz-Date": "20310506T070809Z",
        "X-Amz-Expires": "15",
        "X-Amz-Security-Token": SESSION_TOKEN,
        "X-Amz-SignedHeaders": "host",
        "response-cache-control": "private, no-store",
        "response-content-disposition": "attachment; filename=\"a.pdf\"; filename*=UTF-8''a.pdf",
        "response-content-type": PDF,
    }


def test_a_url_at_the_regions_own_address_is_honoured(
    shared: S3Storage, layer: StrictS3, store: tuple[StrictS3, str]
) -> None:
    shared.put("exports/virtual", [b"%PDF"], PDF)
    url = S3Storage(BUCKET).signed_url("exports/virtual", SIGNED_AT, 15, "a.pdf", PDF)
    got = fetched(layer, url, SIGNED_AT, host=urlsplit(store[1]).netloc)
    assert (got.status, got.body, got.headers["cache-control"]) == (200, b"%PDF", "private, no-store")


def test_the_type_is_kept_with_the_file(shared: S3Storage, store: tuple[StrictS3, str]) -> None:
    client = Session().create_client("s3", endpoint_url=store[1])
    for key, size in (("type/small", 1), ("type/large", 9 * MIB)):
        shared.put(key, [bytes(size)], PDF)
        assert client.head_object(Bucket=BUCKET, Key=key)["ContentType"] == PDF


def test_a_small_file_goes_up_in_one_request_and_a_large_one_in_parts(shared: S3Storage, layer: StrictS3) -> None:
    shared.put("parts/small", [bytes(8 * MIB)], PDF)
    assert [method for method, _ in layer.requests] == ["PUT"]
    layer.requests.clear()
    shared.put("parts/large", [bytes(17 * MIB)], PDF)
    assert [method for method, _ in layer.requests] == ["POST", "PUT", "PUT", "PUT", "POST"]


def test_an_upload_that_fails_is_not_left_unfinished(
    shared: S3Storage, layer: StrictS3, store: tuple[StrictS3, str]
) -> None:
    with pytest.raises(UnluckyError):
        shared.put("parts/broken", broken_off(bytes(9 * MIB), error=UnluckyError()), PDF)
    assert layer.requests[-1][0] == "DELETE"
    assert "Uploads" not in Session().create_client("s3", endpoint_url=store[1]).list_multipart_uploads(Bucket=BUCKET)


def test_a_store_without_a_region_is_an_error_at_once(environment: pytest.MonkeyPatch) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_DEFAULT_REGION")
        with pytest.raises(ValueError, match="region"):
            S3Storage(BUCKET)
        assert REGION in S3Storage(BUCKET, region=REGION).signed_url("a", SIGNED_AT, 15, "a.pdf", PDF)


def test_a_store_without_credentials_is_unavailable() -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.delenv(name)
        with pytest.raises(StorageUnavailableError, match="NoCredentialsError"):
            S3Storage(BUCKET).signed_url("a", SIGNED_AT, 15, "a.pdf", PDF)


@pytest.fixture(scope="module")
def scripted(environment: pytest.MonkeyPatch) -> Iterator[tuple[Server, S3Storage]]:
    """A server that answers as told, and the store that asks it."""
    with serving(raw(b"")) as server:
        yield server, S3Storage(BUCKET, endpoint_url=f"http://{server.authority}", read_timeout_seconds=0.3)


def silent(connection: socket.socket) -> None:
    connection.settimeout(5)  # seconds; whoever waits longer sees another error
    connection.recv(1)


def error(status: int, code: str) -> Script:
    body = f"<Error><Code>{code}</Code><Message>{BUCKET}</Message></Error>".encode() if code else b""
    return answer(body, status=f"{status} Error", headers={"Content-Type": "application/xml"})


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        (error(403, "AccessDenied"), "AccessDenied"),
        (error(403, "RequestTimeTooSkewed"), "RequestTimeTooSkewed"),
        (error(404, "NoSuchBucket"), "NoSuchBucket"),
        (error(500, "InternalError"), "InternalError"),
        (error(404, ""), "404"),
        (raw(b""), "ConnectionClosedError"),
        (raw(b"junk"), "ConnectionClosedError|HTTPClientError|ProtocolError"),
        (silent, "ReadTimeoutError"),
    ],
)
def test_what_is_no_answer_about_the_file_is_unavailable(
    script: Script, detail: str, scripted: tuple[Server, S3Storage]
) -> None:
    server, storage = scripted
    server.answers(script)
    with pytest.raises(StorageUnavailableError, match=detail) as caught:
        read(storage, "a")
    assert server.authority not in str(caught.value)
    assert BUCKET not in str(caught.value)


def test_a_store_that_is_busy_is_asked_twice_and_no_more(scripted: tuple[Server, S3Storage]) -> None:
    server, storage = scripted
    server.answers(error(503, "SlowDown"))
    with pytest.raises(StorageUnavailableError, match="SlowDown"):
        read(storage, "a")
    assert len(server.requests) == 2


def test_a_store_that_cannot_be_reached_is_unavailable() -> None:
    with serving(raw(b"")) as server:
        address = server.authority
    with pytest.raises(StorageUnavailableError, match="EndpointConnectionError") as caught:
        read(S3Storage(BUCKET, endpoint_url=f"http://{address}"), "a")
    assert address not in str(caught.value)


def test_an_absent_file_is_told_from_an_absent_bucket_by_asking_again(scripted: tuple[Server, S3Storage]) -> None:
    server, storage = scripted
    server.answers(error(404, ""), error(404, "NoSuchKey"))
    with pytest.raises(FileAbsentError):
        storage.stat("a")
    assert [request.split(b" ")[0] for request in server.requests] == [b"HEAD", b"GET"]
    server.answers(error(404, ""), error(404, "NoSuchBucket"))
    with pytest.raises(StorageUnavailableError):
        storage.stat("a")


@pytest.mark.parametrize(
    "script",
    [
        raw(b"HTTP/1.1 206 Partial\r\nContent-Length: 9\r\nContent-Range: bytes 1-9/10\r\n\r\nshort"),
        answer(b"0123456789"),
        answer(b"012345678", status="206 Partial", headers={"Content-Range": "bytes 0-8/10"}),
        answer(b"123456789ab", status="206 Partial", headers={"Content-Range": "bytes 1-11/12"}),
    ],
    ids=["broken off", "the whole file", "another start", "another end"],
)
def test_another_range_than_asked_for_is_never_given(script: Script, scripted: tuple[Server, S3Storage]) -> None:
    server, storage = scripted
    server.answers(script)
    with pytest.raises(StorageUnavailableError):
        read(storage, "a", 1, 10)


def test_an_upload_whose_last_answer_is_lost_ends_with_an_error(scripted: tuple[Server, S3Storage]) -> None:
    server, storage = scripted
    started = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
    part = answer(b"", headers={"ETag": '"e"'})
    server.answers(answer(started), part, part, raw(b""), raw(b""), error(404, "NoSuchUpload"))
    with pytest.raises(StorageUnavailableError, match="ConnectionClosedError"):
        storage.put("a", [bytes(9 * MIB)], PDF)
    assert server.requests[-1].startswith(b"DELETE ")


def test_each_part_goes_up_with_a_checksum_and_the_whole_names_them(scripted: tuple[Server, S3Storage]) -> None:
    server, storage = scripted
    started = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
    part = answer(b"", headers={"ETag": '"e"', "x-amz-checksum-crc32": "AAAAAA=="})
    server.answers(answer(started), part, part, answer(b"<CompleteMultipartUploadResult/>"))
    storage.put("a", [bytes(9 * MIB)], PDF)
    assert b"x-amz-checksum-algorithm: CRC32" in server.requests[0]
    assert all(b"x-amz-checksum-crc32: " in request for request in server.requests[1:3])
    assert server.requests[3].count(b"<ChecksumCRC32>AAAAAA==</ChecksumCRC32>") == 2
