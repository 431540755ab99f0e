"""The whole stack with files in Azurite."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from azure.storage.blob import ContainerClient

from infra.local import azurite
from infra.local.environment import make_settings
from infra.local.errors import LocalError
from infra.local.parts.azure_blob import LocalAzureBlob
from infra.local.stack import Options
from infra.local.state import make_keys
from tests.local.test_environment import ADDRESSES
from tests.support.stack import LocalStack, local_stack, wait_for

SMALL, LARGE = 100_000, 12_000_000


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("source") / "report.pdf"


@pytest.fixture(scope="module")
def stack(pdf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    pdf.write_bytes(b"%PDF-1.7\n")
    with local_stack(tmp_path_factory.mktemp("azure"), Options(pdf=pdf), STORAGE_PROVIDER="azure_blob") as running:
        yield running


def files(stack: LocalStack) -> list[tuple[str, int]]:
    account = stack.settings["AZURE_STORAGE_CONNECTION_STRING"]
    with ContainerClient.from_connection_string(account, azurite.CONTAINER) as container:
        return [(blob.name, blob.size) for blob in container.list_blobs()]


@pytest.mark.parametrize(("size", "status"), [(SMALL, 200), (LARGE, 302)], ids=["sent by us", "by a redirect to Azure"])
def test_an_export_is_kept_in_azure_and_its_link_gives_it(size: int, status: int, stack: LocalStack, pdf: Path) -> None:
    pdf.write_bytes(b"%PDF-1.7\n".ljust(size, b"x"))
    visitor = stack.visitor()
    export = visitor.wait_for_end(visitor.request_export())
    assert export["state"] == "ready", export["problem"]
    (file,) = stack.rows("SELECT key FROM files WHERE run_id = %(id)s AND stored_at IS NOT NULL", id=export["id"])
    assert (file["key"], size) in files(stack)
    assert not stack.state.files.exists() or not any(stack.state.files.rglob("*@"))

    url = export["links"][0]["url"]
    assert visitor.http.get(url).status_code == status
    got = visitor.http.get(url, follow_redirects=True)
    assert got.content == pdf.read_bytes()
    assert got.headers["content-disposition"].startswith('attachment; filename="report.pdf"')
    assert got.headers["content-type"] == "application/pdf"
    part = visitor.http.get(url, headers={"Range": "bytes=5-8"})
    assert (part.status_code, part.content) == (206, pdf.read_bytes()[5:9])


def test_an_azurite_that_was_killed_comes_back_and_takes_the_next_file(stack: LocalStack, pdf: Path) -> None:
    pdf.write_bytes(b"%PDF-1.7\n".ljust(SMALL, b"x"))
    before = stack.service_pid("Azurite")
    stack.kill("Azurite")
    wait_for(lambda: stack.service_pid("Azurite") != before)
    visitor = stack.visitor()
    export = visitor.wait_for_end(visitor.request_export())
    assert visitor.http.get(export["links"][0]["url"]).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/{azurite.ACCOUNT}?comp=list"),
        ("GET", f"/{azurite.ACCOUNT}/{azurite.CONTAINER}?restype=container&comp=list"),
        ("PUT", f"/{azurite.ACCOUNT}/{azurite.CONTAINER}/x"),
        ("POST", f"/{azurite.ACCOUNT}?comp=batch"),
        ("OPTIONS", f"/{azurite.ACCOUNT}/{azurite.CONTAINER}/x"),
    ],
)
def test_no_page_in_the_browser_can_read_or_change_it(method: str, path: str, stack: LocalStack) -> None:
    address = stack.settings["AZURE_STORAGE_CONNECTION_STRING"].partition("BlobEndpoint=")[2].partition("/handoff")[0]
    headers = {"Origin": "https://evil.example", "x-ms-blob-type": "BlockBlob", "Access-Control-Request-Method": "PUT"}
    with httpx.Client(base_url=address, trust_env=False) as client:
        answer = client.request(method, path, headers={**headers, "Content-Type": "multipart/mixed; boundary=x"})
        assert answer.status_code == 403
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_the_accounts_key_is_in_no_command_line_and_only_with_functions_that_keep_files(stack: LocalStack) -> None:
    (process,) = [stack.service_pid("Azurite")]
    assert azurite.KEY.encode() not in Path(f"/proc/{process}/cmdline").read_bytes()
    for function, has in {"status": False, "trigger": False, "callback": True, "download": True}.items():
        (pid, *_) = stack.container_pids(function)
        assert (azurite.KEY.encode() in Path(f"/proc/{pid}/environ").read_bytes()) is has


def test_a_container_in_the_cloud_is_used_where_the_caller_names_one() -> None:
    account = azurite.connection_string("https://anaccount.blob.core.windows.net")
    own = {"STORAGE_PROVIDER": "azure_blob", "AZURE_CONTAINER": "mine", "AZURE_STORAGE_CONNECTION_STRING": account}
    assert LocalAzureBlob().server(own, speed=1) is None
    made = make_settings(ADDRESSES, make_keys(), Path("/files"), own)
    assert {name: made[name] for name in own} == own
    with pytest.raises(LocalError, match="AZURE_STORAGE_CONNECTION_STRING must be set too"):
        make_settings(ADDRESSES, make_keys(), Path("/files"), {**own, "AZURE_STORAGE_CONNECTION_STRING": ""})
