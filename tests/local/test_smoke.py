"""`handoff smoke`: the laptop's own stack passes, and a deployment with one thing wrong does not."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from infra.local.stack import Options
from tests.support.oidc_flow import id_token, sign_in
from tests.support.servers import http_server, send
from tests.support.stack import LocalStack, local_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(
        tmp_path_factory.mktemp("smoke"), Options(speed=10), MAX_ACTIVE_RUNS="100", LINK_TTL_SECONDS="20"
    ) as running:
        yield running


def smoke(folder: Path, *arguments: str, **given: str) -> tuple[int, str]:
    return handoff(folder, "smoke", *arguments, **given)


def handoff(folder: Path, *arguments: str, **given: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "infra.local.cli", "--folder", str(folder), *arguments]
    environment = {**os.environ, **given}
    told = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    return told.returncode, told.stdout + told.stderr


def test_the_laptops_own_stack_passes_every_step(stack: LocalStack) -> None:
    code, told = smoke(stack.state.folder)
    assert (code, told.splitlines()[-1]) == (0, "It works."), told
    assert "not tried" not in told
    assert told.index("somebody signs in") < told.index("its link gives the image") < told.index("it is recorded")
    assert not re.search(r"/download/[\w-]{10}", told), "a link's token is told"


def test_carriers_are_played_against_it_and_each_missed_ending_is_listed_once(stack: LocalStack) -> None:
    """Signed with the stack's own secret, and looked for by somebody who signed in at its own provider."""
    played = ("--rate", "50", "--duration", "1s", "--lost", "50%", "--max-call", "10m", "--check")
    code, told = handoff(stack.state.folder, "simulate", "calls", *played)
    assert (code, told.splitlines()[-1].split()[0]) == (0, "exact"), told
    (expected,) = re.findall(r"the list must show: (\d+)", told)
    assert f"{expected} missed endings, 0 lost, 0 doubled" in told
    assert int(expected) > 2
    assert stack.settings["CALL_WEBHOOK_SECRETS"] not in told


def test_an_address_that_is_none_and_nothing_that_runs_are_named(tmp_path: Path) -> None:
    assert smoke(tmp_path, "--url", "handoff.example")[1].startswith("--url must be the address of a page")
    assert smoke(tmp_path) == (2, "Nothing runs here: start it with `make dev`, or name a deployment with --url.\n")
    code, told = smoke(tmp_path, "--url", "http://127.0.0.1:1")
    assert (code, "GET /: no answer (ConnectError" in told) == (1, True)


def test_what_cannot_be_tried_from_outside_is_named_with_what_it_would_take(stack: LocalStack, tmp_path: Path) -> None:
    """Through an address that the laptop's provider sends nobody back to."""
    with altered(stack, "GET /api/session", with_text('"handoff-page"', '"somewhere-else"')) as url:
        code, told = smoke(tmp_path, "--url", url)
    assert (code, told.splitlines()[-1]) == (0, "It works."), told
    skipped = [line.split("not tried")[1].strip() for line in told.splitlines() if "not tried" in line]
    assert [line.partition(":")[0] for line in skipped] == ["images", "calls that are told of"]
    assert "set ID_TOKEN and the SESSION" in skipped[0]
    assert skipped[1].endswith("set CALL_WEBHOOK_SECRETS")


def test_what_is_given_opens_it(stack: LocalStack, tmp_path: Path) -> None:
    visitor = stack.visitor()
    given = {
        "ID_TOKEN": id_token(stack, visitor),
        "SESSION": visitor.http.cookies["handoff-session"],
        "CALL_WEBHOOK_SECRETS": stack.settings["CALL_WEBHOOK_SECRETS"],
    }
    code, told = smoke(tmp_path, "--url", stack.page, **given)
    assert (code, "not tried" in told) == (0, False), told


@dataclass
class Answer:
    """What the stack answered, to be altered."""

    request: str
    status: int
    headers: dict[str, str]
    body: bytes


Alter = Callable[[Answer], None]


@contextmanager
def altered(stack: LocalStack, request: str, alter: Alter) -> Iterator[str]:
    """A proxy before the stack that alters the answers to such requests: a method and a pattern of the path."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in handler.headers.items() if name.lower() in PASSED_ON}
        real = httpx.request(handler.command, stack.page + handler.path, headers=headers, content=body, timeout=40)
        answer = Answer(f"{handler.command} {handler.path}", real.status_code, dict(real.headers), real.content)
        if re.fullmatch(request, answer.request):
            alter(answer)
        told = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
        send(handler, answer.status, answer.body, **told)

    with http_server(respond) as url:
        yield url


PASSED_ON = ("cookie", "authorization", "content-type", "idempotency-key", "prefer", "if-none-match", "range")
HOP_BY_HOP = ("content-length", "content-encoding", "date", "server", "transfer-encoding")


def with_status(status: int) -> Alter:
    def alter(answer: Answer) -> None:
        answer.status = status

    return alter


def with_header(name: str, value: str) -> Alter:
    return lambda answer: answer.headers.update({name: value})


def with_text(before: str, after: str) -> Alter:
    def alter(answer: Answer) -> None:
        answer.body = re.sub(before.encode(), after.encode(), answer.body)

    return alter


POLICY = "content-security-policy"
BROKEN: dict[str, tuple[str, Alter, str]] = {
    "the page has no policy": ("GET /", with_header(POLICY, ""), "no Content-Security-Policy"),
    "the policy is loose": ("GET /", with_header(POLICY, "default-src 'unsafe-inline'"), "allows what is unsafe"),
    "types are guessed": ("GET /", with_header("x-content-type-options", ""), "is not nosniff"),
    "the database is down": ("GET /api/health", with_status(503), "GET /api/health: 503 instead of 200"),
    "a proxy has its own words": ("GET /api/nothing", with_header("content-type", "text/html"), "with text/html"),
    "an answer is no JSON": ("GET /api/session", with_text("^.*$", "[]"), "the answer is no JSON object"),
    "strangers are let in": ("GET /api/exports/.*", with_status(200), "200 instead of 404"),
    "an export fails": ("GET /api/exports/.*", with_text('"ready"', '"failed"'), "the export ended as failed"),
    "the file is another": ("GET /api/exports/.*", with_text('"size": ?', '"size":1'), "the link gave"),
    "revoking is not possible": ("DELETE /api/links/.*", with_status(200), "200 instead of 204"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_thing_that_is_wrong_is_found_and_named(stack: LocalStack, name: str, tmp_path: Path) -> None:
    request, alter, told = BROKEN[name]
    with altered(stack, request, alter) as url:
        code, said = smoke(tmp_path, "--url", url)
    assert (code, told in said) == (1, True), said


def test_a_carrier_that_is_not_set_up_is_no_fault(stack: LocalStack, tmp_path: Path) -> None:
    visitor = stack.visitor()
    assert sign_in(stack, visitor).status_code == 200
    with altered(stack, "POST /events", with_status(404)) as url:
        code, said = smoke(tmp_path, "--url", url, SESSION=visitor.http.cookies["handoff-session"])
    assert (code, "no carrier of /events is set up here" in said) == (0, True), said


BROKEN_FOR_PEOPLE: dict[str, tuple[str, Alter, str]] = {
    "strangers see images": ("GET /api/generations/.*", with_status(200), "200 instead of 401"),
    "anybody may tell of calls": ("POST /events", with_status(202), "202 instead of 401"),
}


@pytest.mark.parametrize("name", BROKEN_FOR_PEOPLE)
def test_one_thing_that_is_wrong_for_people_who_signed_in_is_found_and_named(
    stack: LocalStack, name: str, tmp_path: Path
) -> None:
    request, alter, told = BROKEN_FOR_PEOPLE[name]
    visitor = stack.visitor()
    assert sign_in(stack, visitor).status_code == 200
    with altered(stack, request, alter) as url:
        code, said = smoke(tmp_path, "--url", url, SESSION=visitor.http.cookies["handoff-session"])
    assert (code, told in said) == (1, True), said


def doctor(folder: Path, *arguments: str) -> tuple[int, str]:
    return handoff(folder, "doctor", *arguments)


def test_a_doctor_finds_the_laptops_own_stack_well_to_the_end_of_a_link(stack: LocalStack) -> None:
    code, told = doctor(stack.state.folder)
    assert (code, told.splitlines()[-1]) == (0, "It is well."), told
    assert "a link ends after 20 s" in told
    assert "as it says itself, as the client handoff-page" in told


def test_a_doctor_goes_on_after_what_is_wrong_and_names_all_of_it(stack: LocalStack, tmp_path: Path) -> None:
    wrong = {
        "GET /": with_header("x-frame-options", "ALLOWALL"),
        "GET /api/session": with_text("/oauth2/token", "/oauth2/other"),
        "GET /api/health": with_status(503),
        "GET /api/exports/[^/]*": with_text('"ready"', '"failed"'),
    }

    def alter(answer: Answer) -> None:
        wrong[next(request for request in wrong if re.fullmatch(request, answer.request))](answer)

    with altered(stack, "|".join(wrong), alter) as url:
        code, told = doctor(tmp_path, "--url", url)
    assert (code, "Wrong: 5 of 5. docs/runbook.md says where to look." in told) == (1, True), told
    for sentence in (
        "GET /api/health: 503 instead of 200",
        "x-frame-options is ALLOWALL instead of DENY",
        "token_endpoint is ",
        "the export ended as failed",
    ):
        assert sentence in told


def test_a_doctor_notices_a_link_that_does_not_end(stack: LocalStack, tmp_path: Path) -> None:
    """Its end is told as a moment that has passed, so that nobody has to wait for it."""
    past = with_text(r'"expires_at": ?"[^"]*"', '"expires_at":"2020-01-01T00:00:00+00:00"')
    with altered(stack, "POST /api/exports/[^/]*/links", past) as url:
        code, told = doctor(tmp_path, "--url", url)
    assert (code, "/download/…: 200 instead of 410" in told) == (1, True), told
