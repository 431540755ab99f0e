"""handoff.jobs and handoff.storage serve another application: no database, no settings, nothing of the environment."""

import http.client
import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from handoff.testing.tokens import claims, token
from infra.local.ports import free_port

HERE = Path(__file__).parent
KEY = "a signing key of the greeter's own"
URL = "https://greeter.example/jobs/greet"
BODY = b'{"name": "Ada"}'
FOREIGN = ("psycopg", "boto3", "botocore", "fastapi", "pydantic", "qstash", "httpx", "yoyo", "pytest", "hypothesis")
OTHER_PARTS = (
    "handoff.settings", "handoff.wiring", "handoff.secrets", "handoff.database", "handoff.exports", "handoff.links",
    "handoff.files", "handoff.fetch", "handoff.storage", "handoff.testing", "infra",
)  # fmt: skip


def post(port: int, path: str, body: bytes = BODY, signature: str = "") -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("POST", path, body, {"Upstash-Signature": signature} if signature else {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def signed(url: str = URL, body: bytes = BODY, key: str = KEY) -> str:
    return token(claims("Upstash", url, body, at=0, lifetime_seconds=300), key)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("greetings")


@pytest.fixture(scope="module")
def greeter(alone: Path, folder: Path) -> Iterator[int]:
    """The port of somebody else's application, which has no environment at all."""
    port = free_port()
    command = [str(alone), "-I", str(HERE / "greeter.py"), str(port), str(folder), KEY]
    process = subprocess.Popen(command, cwd=folder, env={})
    try:
        end = time.monotonic() + 20
        while True:
            try:
                post(port, "/")
                break
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def test_a_signed_delivery_runs_the_applications_own_job(greeter: int, folder: Path) -> None:
    status, _, body = post(greeter, "/jobs/greet", signature=signed())
    assert (status, json.loads(body)) == (200, {"done": True})
    assert (folder / "Ada").read_text().startswith("Hello, Ada!")


def test_a_forged_delivery_is_refused_and_runs_nothing(greeter: int, folder: Path) -> None:
    forged = b'{"name": "Eve"}'
    for signature in ("", "junk", signed(), signed(body=forged, key="k" * 40), signed(URL + "/failed", forged)):
        status, headers, body = post(greeter, "/jobs/greet", forged, signature)
        assert (status, headers["content-type"]) == (401, "application/problem+json")
        assert json.loads(body)["type"] == "urn:handoff:problem:unsigned-delivery"
    assert not (folder / "Eve").exists()


def test_a_message_that_is_no_greeting_is_never_sent_again(greeter: int) -> None:
    status, headers, body = post(greeter, "/jobs/greet", b'{"nom": "Ada"}', signed(body=b'{"nom": "Ada"}'))
    assert (status, headers["upstash-nonretryable-error"]) == (489, "true")
    assert json.loads(body)["detail"] == "a greeting has a name"


def test_nothing_else_of_handoff_was_imported(greeter: int) -> None:
    post(greeter, "/jobs/greet", signature=signed())
    modules = json.loads(post(greeter, "/")[2])
    assert {"handoff.jobs.handler", "handoff.jobs.queues.qstash", "starlette"} <= set(modules)
    assert of(modules, *FOREIGN, *OTHER_PARTS) == []
    assert "handoff.jobs.queues.sqs" not in modules
    assert "handoff.jobs.queues.trigger_dev" not in modules


def test_a_file_is_kept_read_and_handed_out_by_a_signed_url(alone: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [alone, "-I", HERE / "keeper.py", tmp_path / "files"], cwd=tmp_path, env={}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    modules = told.pop("modules")
    assert told == {"size": 8, "read": "Dear Sir", "allowed": "letters/1", "refused": True}
    assert {name for name in modules if re.match(r"handoff\b", name)} == {
        "handoff",
        "handoff.storage",
        *(f"handoff.storage.{part}" for part in ("base", "disposition", "errors", "filesystem", "url_signer")),
    }
    assert of(modules, *FOREIGN, "starlette", "jwt", "httpcore", "aws_lambda_powertools", "uvicorn") == []


def of(modules: list[str], *packages: str) -> list[str]:
    return [name for name in modules if any(name == one or name.startswith(f"{one}.") for one in packages)]
