"""What `python -m infra.sam` is made of, each part without containers; `make sam-test` runs the whole."""

import asyncio
import os
import signal
import subprocess
import sys
import tarfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from infra.local.commands.services import REACH, seen_from
from infra.local.errors import LocalError
from infra.local.ports import free_port
from infra.local.terminal import Terminal
from infra.sam import engine, podman
from infra.sam.talk import Talk, UnmetError, shortened
from tests.infra.cloudformation import ROOT

SAM = ROOT / "infra" / "sam"

SETTINGS = {
    "DATABASE_URL": "postgresql://handoff:secret@127.0.0.1:5555/handoff",
    "QSTASH_URL": "http://127.0.0.1:8080",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000",
    "PUBLIC_URL": "http://127.0.0.1:3000",
    "DELIVERY_URL": "http://127.0.0.1:3000",
    "SOURCE_URL": "http://127.0.0.1:7000/document.pdf",
    "SOURCE_LOOPBACK": "127.0.0.1:7000",
}


def test_services_are_named_as_they_are_seen_from_the_containers() -> None:
    seen = seen_from("172.17.0.1", SETTINGS)
    assert seen["DATABASE_URL"] == "postgresql://handoff:secret@172.17.0.1:5555/handoff"
    assert (seen["QSTASH_URL"], seen["AWS_ENDPOINT_URL_S3"]) == ("http://172.17.0.1:8080", "http://172.17.0.1:9000")


def test_what_the_page_and_the_queue_call_stays_as_it_is_seen_from_here() -> None:
    seen = seen_from("172.17.0.1", SETTINGS)
    assert (seen["PUBLIC_URL"], seen["DELIVERY_URL"]) == ("http://127.0.0.1:3000", "http://127.0.0.1:3000")


def test_the_source_stays_on_the_loopback_and_is_told_where_else_it_is() -> None:
    seen = seen_from("172.17.0.1", SETTINGS)
    assert (seen["SOURCE_URL"], seen["SOURCE_LOOPBACK"]) == (SETTINGS["SOURCE_URL"], SETTINGS["SOURCE_LOOPBACK"])
    assert seen[REACH] == "127.0.0.1:7000=172.17.0.1:7000"


def test_so_do_the_keys_of_an_issuer_of_this_machines() -> None:
    seen = seen_from("172.17.0.1", SETTINGS | {"OIDC_KEYS_URL": "http://127.0.0.1:7001/jwks"})
    assert seen["OIDC_KEYS_URL"] == "http://127.0.0.1:7001/jwks"
    assert seen[REACH] == "127.0.0.1:7000=172.17.0.1:7000,127.0.0.1:7001=172.17.0.1:7001"
    elsewhere = seen_from("172.17.0.1", SETTINGS | {"OIDC_KEYS_URL": "https://issuer.example/jwks"})
    assert elsewhere[REACH] == "127.0.0.1:7000=172.17.0.1:7000"


@pytest.mark.parametrize(("address", "loopback"), [("127.0.0.1", "127.0.0.1:7000"), ("172.17.0.1", "")])
def test_without_need_the_source_is_nowhere_else(address: str, loopback: str) -> None:
    assert REACH not in seen_from(address, SETTINGS | {"SOURCE_LOOPBACK": loopback})


class Source(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"%PDF-1.7")

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def test_the_wrapper_brings_what_is_elsewhere_to_the_loopback_and_runs_the_runtime() -> None:
    loopback = f"127.0.0.1:{free_port()}"
    fetch = f"import sys, urllib.request as r; print(r.urlopen('http://{loopback}/').read(), sys.argv[1:])"
    with ThreadingHTTPServer(("127.0.0.1", 0), Source) as source:
        Thread(target=source.serve_forever, daemon=True).start()
        environment = {REACH: f"{loopback}=127.0.0.1:{source.server_port}"}
        command = [sys.executable, str(SAM / "reach_loopback.py"), sys.executable, "-c", fetch, "app.handler"]
        wrapper = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            assert wrapper.stdout
            assert wrapper.stdout.readline() == "b'%PDF-1.7' ['app.handler']\n"
            assert wrapper.wait(10) == 0
        finally:
            os.killpg(wrapper.pid, signal.SIGKILL)
            wrapper.stdout.close() if wrapper.stdout else None
            source.shutdown()


def test_the_wrapper_can_be_started() -> None:
    """Lambda executes it."""
    assert os.access(SAM / "reach_loopback.py", os.X_OK)
    assert (SAM / "reach_loopback.py").read_text().startswith("#!/var/lang/bin/python3\n")


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_without_docker_there_is_no_engine(programs: Path) -> None:
    assert engine.docker() is None


def test_dockers_command_alone_is_no_engine(programs: Path) -> None:
    program(programs, "docker", 'echo "Cannot connect to the Docker daemon" >&2; exit 1')
    assert engine.docker() is None
    program(programs, "docker", "exit 0")
    assert engine.docker() is None


def test_a_docker_engine_on_linux_is_used_as_it_is_and_reached_at_its_bridge(programs: Path) -> None:
    program(programs, "docker", '[ "$1" = info ] && echo "28.2 Debian GNU/Linux 12" || echo "172.17.0.1 "')
    found = engine.docker()
    assert found == engine.Engine("Docker 28.2 Debian GNU/Linux 12", "172.17.0.1", bind=True)


def test_docker_desktop_leads_to_the_loopback_by_itself(programs: Path) -> None:
    program(programs, "docker", 'echo "28.2 Docker Desktop"')
    found = engine.docker()
    assert found
    assert not found.bind


def test_where_neither_is_possible_it_says_what_is_needed(programs: Path) -> None:
    with pytest.raises(LocalError, match=r"needs a Docker engine.*Root on Debian.*podman runc netavark"):
        podman.install(lambda words: None)


def test_a_socket_whose_path_is_too_long_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="too long a path"):
        podman.Podman(tmp_path, tmp_path / ("long" * 30) / "podman.sock", tmp_path / "log")


@pytest.mark.skipif(sys.platform != "linux", reason="the image is of Linux")
def test_the_image_has_python_where_lambda_has_it(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "awslambdaric.py").touch()
    made = tmp_path / "image.tar"
    with made.open("wb") as output:
        subprocess.run([sys.executable, "-I", SAM / "runtime_image.py", packages], stdout=output, check=True)
    with tarfile.open(made) as image:
        members = {member.name.strip("/"): member for member in image}
    python = members["var/lang/bin/python3"].linkname
    assert members[python.strip("/")].isfile()
    assert members["var/runtime/bootstrap"].mode == 0o755
    assert {"var/runtime/awslambdaric.py", "usr/bin/sh", "opt", "var/task"} <= members.keys()
    assert any(name.rpartition("/")[2].startswith("libc.so") for name in members)
    assert not [name for name in members if "/site-packages/" in name or "/idlelib/" in name]


def talk_to(answer: httpx.Response) -> Talk:
    talk = Talk("http://sam", Terminal())
    talk._client = httpx.AsyncClient(base_url="http://sam", transport=httpx.MockTransport(lambda request: answer))
    return talk


def test_a_functions_exception_is_noticed_though_sam_answers_200() -> None:
    answer = httpx.Response(200, json={"errorMessage": "division by zero", "errorType": "ZeroDivisionError"})
    with pytest.raises(UnmetError, match="the function failed"):
        asyncio.run(talk_to(answer).ask("GET", "/api/health", 200, "the database answers"))


def test_an_answer_of_sams_own_is_no_refusal_of_ours() -> None:
    answer = httpx.Response(403, json={"message": "Missing Authentication Token"})
    with pytest.raises(UnmetError):
        asyncio.run(talk_to(answer).refused("GET", "/no/such/path", 403, "not-found", "an unknown path"))


def test_another_problem_than_the_expected_is_noticed() -> None:
    body = {"type": "urn:handoff:problem:link-ended", "status": 410, "title": "Gone"}
    answer = httpx.Response(410, json=body, headers={"Content-Type": "application/problem+json"})
    asyncio.run(talk_to(answer).refused("GET", "/download/x", 410, "link-ended", "ended"))
    with pytest.raises(UnmetError, match="its type is"):
        asyncio.run(talk_to(answer).refused("GET", "/download/x", 410, "link-revoked", "revoked"))


def test_a_token_is_not_printed_whole() -> None:
    assert shortened("/download/0u_veBsecretsecret") == "/download/0u_veB…"
    assert shortened("/api/exports") == "/api/exports"
