"""A whole run with everything that can happen to an export in it, and then a search for its secrets."""

import base64
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest

from handoff.calls.carriers.twilio import signature
from infra.local.stack import Options
from tests.support.calls import sign, started
from tests.support.canaries import find
from tests.support.images import SIGN_IN, Customer
from tests.support.stack import LocalStack, Visitor, local_stack, wait_for

ROOT = Path(__file__).parents[2]
PDF = b"%PDF-1.7\n" + b"x" * 3000


@dataclass
class Run:
    """What a whole run left behind: its secrets, and every place they could have come to."""

    secrets: dict[str, str]
    tokens: dict[str, str]
    sinks: dict[str, bytes]
    tokens_may_be_in: set[str] = field(default_factory=set)


class Recorder:
    """Keeps every response, head and body."""

    def __init__(self) -> None:
        self.owners = b""
        self.others = b""

    def record_owners(self, response: httpx.Response) -> None:
        self.owners += _as_bytes(response)

    def record_others(self, response: httpx.Response) -> None:
        self.others += _as_bytes(response)


def _as_bytes(response: httpx.Response) -> bytes:
    response.read()
    # The cookie is its owner's own secret, and has to be handed over once.
    head = "\n".join(f"{name}: {value}" for name, value in response.headers.items() if name != "set-cookie")
    return f"{response.status_code}\n{head}\n\n".encode() + response.content + b"\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("canaries")
    pdf = folder / "source.pdf"
    pdf.write_bytes(PDF)
    options = Options(pdf=pdf, speed=100, sweep_interval=0.5)
    with local_stack(folder / "state", options, **SIGN_IN, LINK_TTL_SECONDS="3", OPENAI_RETRIES="1") as stack:
        recorder = Recorder()
        owner = stack.visitor()
        owner.http.event_hooks["response"].append(recorder.record_owners)
        tokens = live_through_everything(stack, owner, recorder, pdf)
        customer = Customer(stack)
        customer.http.event_hooks["response"].append(recorder.record_owners)
        under_way = have_images_made(stack, customer)
        sinks = {
            "the owner's responses": recorder.owners,
            "other people's responses": recorder.others,
            "queue": queue_contents(stack) + under_way,
            "database": database_dump(stack),
        }
        secrets = {name: value for name, value in stack.settings.items() if _is_secret(name)}
        secrets["SOURCE_URL's host"] = stack.settings["SOURCE_LOOPBACK"]
        secrets["session cookie"] = str(owner.http.cookies["handoff-session"])
        secrets["person's session cookie"] = str(customer.http.cookies["handoff-session"])
        secrets["database password"] = stack.settings["DATABASE_URL"].split(":")[2].split("@")[0]
    for log in (folder / "state" / "logs").iterdir():
        sinks[log.name] = log.read_bytes()
    sinks["frontend"] = b"\n".join(file.read_bytes() for file in (ROOT / "frontend").rglob("*") if file.is_file())
    return Run(secrets, tokens, sinks, {"the owner's responses"})


def _is_secret(name: str) -> bool:
    return name.endswith(("_KEY", "_KEYS", "_TOKEN", "_TOKENS", "_SECRETS")) or name in ("SOURCE_URL", "DATABASE_URL")


def live_through_everything(stack: LocalStack, owner: Visitor, recorder: Recorder, pdf: Path) -> dict[str, str]:
    """Ready, downloaded, ended, revoked, linked anew, failed with every kind of answer; the tokens that were given."""
    stranger = httpx.Client(base_url=stack.page, event_hooks={"response": [recorder.record_others]})
    with stranger:
        stranger.get("/api/session")
        export_id = owner.request_export()
        first = owner.wait_for_end(export_id)["links"][0]
        second = owner.http.post(f"/api/exports/{export_id}/links").json()
        third = owner.http.post(f"/api/exports/{export_id}/links").json()
        for link in (first, second, third):
            stranger.get(link["url"])
            stranger.get(link["url"], headers={"Range": "bytes=0-9", "Accept": "text/html"})
            stranger.head(link["url"])
        owner.http.delete(f"/api/links/{third['id']}")
        stranger.get(third["url"])
        wait_for(lambda: stranger.get(second["url"]).status_code == 410)
        stranger.get(second["url"], headers={"Accept": "text/html"})
        stranger.get(f"/api/exports/{export_id}")
        stranger.post(f"/api/exports/{export_id}/retry")
        owner.http.put(first["url"])

        for content in (b"<html>not a PDF</html>", b""):
            pdf.write_bytes(content)
            assert owner.wait_for_end(owner.request_export())["state"] == "failed"
        pdf.unlink()
        assert owner.wait_for_end(owner.request_export())["state"] == "failed"
        pdf.write_bytes(PDF)
        carriers_tell(stack, stranger)
        stack.kill_function("callback")
        owner.wait_for_end(owner.request_export())
        owner.http.get("/api/exports")
    return {f"token {number}": link["url"].rsplit("/", 1)[1] for number, link in enumerate((first, second, third))}


def have_images_made(stack: LocalStack, customer: Customer) -> bytes:
    """One of each kind of ending, and one called off; what the queue shows of that one while it is under way."""
    for prompt in ("a fox", "[by url]", "[fail: content policy]", "[fail: key]", "[fail: error]", "[fail: truncated]"):
        customer.wait_for_images(customer.request_images(prompt))
    (image,) = customer.generation(customer.request_images("[fail: never]"))["images"]

    def look() -> Any:
        return stack.rows("SELECT message_id FROM runs WHERE id = %(id)s AND message_id IS NOT NULL", id=image["id"])

    (run,) = wait_for(look)
    shown = ask_queue(stack, f"/v2/messages/{run['message_id']}")
    assert b"REDACTED" in shown
    assert customer.http.post(f"/api/images/{image['id']}/cancel").status_code == 200
    return shown


def carriers_tell(stack: LocalStack, carrier: httpx.Client) -> None:
    """What is signed, and what is not; both are recorded, or refused."""
    body = json.dumps(started("canary")).encode()
    headers = sign(body, event_id="msg_1", secret=stack.settings["CALL_WEBHOOK_SECRETS"])
    assert carrier.post("/events", content=body, headers=headers).status_code == 202
    assert carrier.post("/events", content=body + b" ", headers=headers).status_code == 401
    token, url = stack.settings["TWILIO_AUTH_TOKENS"], stack.settings["PUBLIC_URL"] + "/events/twilio"
    for fields, status in (({"CallSid": "CA1", "CallStatus": "busy"}, 202), ({"CallStatus": "busy"}, 422)):
        signed = {"X-Twilio-Signature": signature(url, list(fields.items()), token)}
        assert carrier.post("/events/twilio", data=fields, headers=signed).status_code == status
    wait_for(lambda: stack.rows("SELECT count(*) FROM calls") == [{"count": 2}])


def queue_contents(stack: LocalStack) -> bytes:
    """Everything the queue shows to whoever may read it: messages, logs, dead letters."""
    bodies = [ask_queue(stack, path) for path in ("/v2/logs", "/v2/events", "/v2/dlq")]
    # Bodies and headers of messages are shown in base64 in places.
    bodies += [
        base64.b64decode(text) for text in _texts(json.loads(b"[" + b",".join(bodies) + b"]")) if _is_base64(text)
    ]
    return b"\n".join(bodies)


def ask_queue(stack: LocalStack, path: str) -> bytes:
    answer = httpx.get(
        stack.settings["QSTASH_URL"] + path, headers={"Authorization": f"Bearer {stack.settings['QSTASH_TOKEN']}"}
    )
    assert answer.status_code == 200, answer.text
    return answer.content


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, str):
        yield value


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


def database_dump(stack: LocalStack) -> bytes:
    """Every row of every table, as text."""
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert ("runs",) in tables
        dump = b""
        for (table,) in tables:
            with connection.cursor().copy(f'COPY "{table}" TO STDOUT'.encode()) as copy:
                dump += b"".join(bytes(part) for part in copy)
        return dump


def test_no_secret_is_anywhere(run: Run) -> None:
    assert find(run.secrets, run.sinks) == []


def test_a_link_token_is_in_its_owners_responses_alone(run: Run) -> None:
    sinks = {name: content for name, content in run.sinks.items() if name not in run.tokens_may_be_in}
    assert find(run.tokens, sinks) == []
    assert len(find(run.tokens, run.sinks)) == len(run.tokens)


def test_every_sink_was_filled(run: Run) -> None:
    assert [name for name, content in run.sinks.items() if len(content) < 200 and name != "source.log"] == []
    assert {
        "trigger.jsonl",
        "callback.jsonl",
        "status.jsonl",
        "download.jsonl",
        "gateway.jsonl",
        "qstash.jsonl",
        "openai.jsonl",
    } <= set(run.sinks)


@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda canary: quote(canary, safe=""),
        lambda canary: base64.b64encode(canary.encode()).decode(),
        lambda canary: base64.urlsafe_b64encode(b"xy" + canary.encode()).decode(),
        lambda canary: json.dumps({"url": canary}),
    ],
    ids=["raw", "url", "base64", "base64 inside something", "json"],
)
def test_the_search_finds_a_canary_planted_in_each_sink(run: Run, spell: object) -> None:
    assert callable(spell)
    for sink in run.sinks:
        for name, canary in {**run.secrets, **run.tokens}.items():
            planted = {**run.sinks, sink: run.sinks[sink] + spell(canary).encode()}
            assert f"{name} in {sink}" in find({name: canary}, planted)


def test_no_tracked_file_names_a_secret(run: Run) -> None:
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    content = b"\n".join(
        (ROOT / name.decode()).read_bytes() for name in files if name and (ROOT / name.decode()).is_file()
    )
    # Those of development are known to everybody.
    ours = {name: value for name, value in run.secrets.items() if not name.startswith(("QSTASH", "OPENAI"))}
    assert find(ours, {"tracked files": content}) == []
