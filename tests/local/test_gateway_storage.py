"""The file system store's signed URLs are honoured as S3 would."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from handoff.storage.filesystem import FilesystemStorage
from infra.local.gateway.storage import SignedFiles
from tests.local.gateways import running_gateway

BODY = bytes(range(256)) * 4096
KEY = "exports/one/two"


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> FilesystemStorage:
    made = FilesystemStorage(tmp_path_factory.mktemp("files"), signing_key="k" * 32, url="/storage")
    made.put(KEY, [BODY], "application/pdf")
    return made


@pytest.fixture(scope="module")
def client(storage: FilesystemStorage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with running_gateway(tmp_path_factory.mktemp("logs"), files=SignedFiles(storage)) as made:
        yield made


@pytest.fixture
def url(storage: FilesystemStorage) -> str:
    return storage.signed_url(KEY, datetime.now(UTC), 15, 'a "b".pdf', "application/pdf")


def test_the_whole_file_is_sent_as_an_attachment(client: httpx.Client, url: str) -> None:
    response = client.get(url)
    assert (response.status_code, response.content) == (200, BODY)
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["accept-ranges"] == "bytes"


def test_head_sends_the_headers_alone(client: httpx.Client, url: str) -> None:
    response = client.head(url)
    assert (response.status_code, response.headers["content-length"]) == (200, str(len(BODY)))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-199", 100, 200), ("bytes=-10", len(BODY) - 10, len(BODY)), ("bytes=5-", 5, None)],
)
def test_a_range_is_sent(client: httpx.Client, url: str, asked: str, start: int, end: int | None) -> None:
    response = client.get(url, headers={"Range": asked})
    end = end or len(BODY)
    assert (response.status_code, response.content) == (206, BODY[start:end])
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{len(BODY)}"


def test_a_range_past_the_end_is_a_416(client: httpx.Client, url: str) -> None:
    response = client.get(url, headers={"Range": f"bytes={len(BODY)}-"})
    assert (response.status_code, response.headers["content-range"]) == (416, f"bytes */{len(BODY)}")


@pytest.mark.parametrize("digits", [19, 5000])
def test_a_range_may_have_any_number_of_digits(client: httpx.Client, url: str, digits: int) -> None:
    assert client.get(url, headers={"Range": f"bytes={'9' * digits}-"}).status_code == 416
    response = client.get(url, headers={"Range": f"bytes=5-{'9' * digits}"})
    assert (response.status_code, response.content) == (206, BODY[5:])
    response = client.get(url, headers={"Range": f"bytes=-{'9' * digits}"})
    assert (response.status_code, response.content) == (206, BODY)


def test_a_range_is_read_as_the_download_reads_it(client: httpx.Client, url: str) -> None:
    assert client.get(url, headers={"Range": "BYTES=0-1"}).status_code == 206
    assert client.get(url, headers={"Range": "bytes=5-3"}).status_code == 200, "malformed"
    assert client.get(url, headers={"Range": "bytes=-0"}).status_code == 416


def test_several_ranges_get_the_whole_file(client: httpx.Client, url: str) -> None:
    assert client.get(url, headers={"Range": "bytes=0-1,3-4"}).status_code == 200


def test_a_range_of_another_file_gets_the_whole_one(client: httpx.Client, url: str) -> None:
    etag = client.head(url).headers["etag"]
    assert client.get(url, headers={"Range": "bytes=0-1", "If-Range": etag}).status_code == 206
    assert client.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200


def test_a_url_that_is_not_ours_gets_nothing(client: httpx.Client, url: str, storage: FilesystemStorage) -> None:
    old = storage.signed_url(KEY, datetime.now(UTC) - timedelta(seconds=20), 15, "a.pdf", "application/pdf")
    for bad in (
        old,
        url.replace("exports/one", "exports/two"),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url + "1",
        "/storage/" + KEY,
    ):
        response = client.get(bad)
        assert response.status_code == 403
        assert KEY not in response.text
    assert client.post(url).status_code == 403


def test_a_file_that_is_gone_is_a_404(client: httpx.Client, storage: FilesystemStorage) -> None:
    absent = storage.signed_url("exports/absent", datetime.now(UTC), 15, "a.pdf", "application/pdf")
    assert client.get(absent).status_code == 404
