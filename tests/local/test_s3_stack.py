"""The whole stack with files in an S3 of this machine's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from infra.local import s3
from infra.local.stack import Options
from tests.support.stack import LocalStack, local_stack, wait_for

SMALL, LARGE = 100_000, 12_000_000


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("source") / "report.pdf"


@pytest.fixture(scope="module")
def stack(pdf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    pdf.write_bytes(b"%PDF-1.7\n")
    with local_stack(tmp_path_factory.mktemp("s3"), Options(pdf=pdf), STORAGE_PROVIDER="s3") as running:
        yield running


def bucket(stack: LocalStack) -> Any:
    client = boto3.client(
        "s3", endpoint_url=stack.settings["AWS_ENDPOINT_URL_S3"], region_name="us-east-1",
        aws_access_key_id="any", aws_secret_access_key="any",
    )  # fmt: skip
    return client.list_objects_v2(Bucket=s3.BUCKET)


@pytest.mark.parametrize(("size", "status"), [(SMALL, 200), (LARGE, 302)], ids=["sent by us", "by a redirect to S3"])
def test_an_export_is_kept_in_s3_and_its_link_gives_it(size: int, status: int, stack: LocalStack, pdf: Path) -> None:
    pdf.write_bytes(b"%PDF-1.7\n".ljust(size, b"x"))
    visitor = stack.visitor()
    export = visitor.wait_for_end(visitor.request_export())
    assert export["state"] == "ready", export["problem"]
    (file,) = stack.rows("SELECT key FROM files WHERE run_id = %(id)s AND stored_at IS NOT NULL", id=export["id"])
    assert (file["key"], size) in [(each["Key"], each["Size"]) for each in bucket(stack)["Contents"]]
    assert not stack.state.files.exists() or not any(stack.state.files.rglob("*@"))

    url = export["links"][0]["url"]
    assert visitor.http.get(url).status_code == status
    got = visitor.http.get(url, follow_redirects=True)
    assert got.content == pdf.read_bytes()
    assert got.headers["content-disposition"].startswith('attachment; filename="report.pdf"')
    assert got.headers["content-type"] == "application/pdf"
    part = visitor.http.get(url, headers={"Range": "bytes=5-8"})
    assert (part.status_code, part.content) == (206, pdf.read_bytes()[5:9])


def test_an_s3_that_was_killed_comes_back_and_takes_the_next_file(stack: LocalStack, pdf: Path) -> None:
    pdf.write_bytes(b"%PDF-1.7\n".ljust(SMALL, b"x"))
    before = stack.service_pid("S3")
    stack.kill("S3")
    wait_for(lambda: stack.service_pid("S3") != before)
    visitor = stack.visitor()
    export = visitor.wait_for_end(visitor.request_export())
    assert visitor.http.get(export["links"][0]["url"]).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_page_in_the_browser_can_read_or_change_it(headers: dict[str, str], stack: LocalStack) -> None:
    address = stack.settings["AWS_ENDPOINT_URL_S3"]
    with httpx.Client(base_url=address, trust_env=False) as client:
        assert client.get(f"/{s3.BUCKET}").status_code == 200
        for method, path in (("GET", f"/{s3.BUCKET}"), ("PUT", f"/{s3.BUCKET}/x"), ("POST", "/moto-api/reset")):
            answer = client.request(method, path, headers=headers)
            assert (answer.status_code, answer.content) == (421, b"")
            assert not any(name.startswith("access-control") for name in answer.headers)
        form = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}
        assert client.post("/moto-api/reset", headers=form).status_code == 421
        assert client.post("/moto-api/reset").status_code == 421
        assert client.get(f"/{s3.BUCKET}").status_code == 200


def test_no_function_that_keeps_no_files_has_the_keys_of_the_store(stack: LocalStack) -> None:
    for function, has in {"status": False, "trigger": False, "callback": True, "download": True}.items():
        (pid, *_) = stack.container_pids(function)
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert (b"AWS_SECRET_ACCESS_KEY" in environment) is has
