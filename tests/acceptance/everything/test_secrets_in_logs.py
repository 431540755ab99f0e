"""Secrets and tokens never reach a log line: a whole story is told with a canary for each, then all it said is read."""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.canaries import find, spellings
from tests.support.environment import environment
from tests.support.servers import PublishEndpoint, Source, http_server, send

ROOT = Path(__file__).parents[3]
SECRETS = {
    "QSTASH_TOKEN": "canary-queue-token-" + "q+/" * 8,
    "QSTASH_CURRENT_SIGNING_KEY": "canary-current-key-" + "c+/" * 8,
    "QSTASH_NEXT_SIGNING_KEY": "canary-next-key-" + "n+/" * 8,
    "STORAGE_SIGNING_KEY": "canary-storage-key-" + "s+/" * 8,
    "LINK_KEYS": "canary-link-key-" + "l+/" * 8,
    "CALL_WEBHOOK_SECRETS": "whsec_" + "Y2FuYXJ5" * 4,
    "TWILIO_AUTH_TOKENS": "canary-twilio-token-" + "t+/" * 8,
    "SESSION_KEYS": "canary-session-key-" + "k+/" * 8,
}
SOURCE_PATH = "canary-source-path/47f4cad9"


@pytest.fixture
def said(database_url: str, queue: PublishEndpoint, tmp_path: Path) -> tuple[bytes, dict[str, str]]:
    """Everything the functions wrote in the whole story, and every secret there was in it."""
    source = Source()

    def respond(handler: BaseHTTPRequestHandler) -> None:
        if "status=404" in handler.path:
            send(handler, 404, b"<Error><Key>" + SOURCE_PATH.encode() + b"</Key></Error>")
        else:
            source.respond(handler)

    with http_server(respond) as url:
        made = environment(
            database_url=database_url,
            queue_url=queue.url,
            storage_folder=str(tmp_path / "files"),
            source_url=f"{url}/{SOURCE_PATH}",
        )
        # The harness signs deliveries with its own key; the canary is the next one.
        secrets = {**SECRETS, "QSTASH_CURRENT_SIGNING_KEY": made["QSTASH_CURRENT_SIGNING_KEY"]}
        password = urlsplit(database_url).password
        given = {"environment": {**made, **secrets}, "secrets_file": str(tmp_path / "secrets")}
        told = subprocess.run(
            [sys.executable, "-m", "tests.acceptance.everything.story"],
            input=json.dumps(given), capture_output=True, text=True, cwd=ROOT, timeout=120, check=False,
        )  # fmt: skip
    assert told.returncode == 0, told.stderr[-2000:]
    secrets |= json.loads((tmp_path / "secrets").read_text())
    secrets |= {"source path": SOURCE_PATH, "source": f"{url}/"}
    if password:
        secrets["database password"] = password
    return (told.stdout + told.stderr).encode(), secrets


@pytest.mark.line("G2")
def test_no_secret_and_no_token_reaches_a_log_line(said: tuple[bytes, dict[str, str]]) -> None:
    text, secrets = said
    for line in ("claim", "complete", "attempt failed", "not published", "sweep", "storage failed", "unexpected",
                 "event queued", "event held", "event recorded", "event given up",
                 "an ID token was refused", "the issuer's keys cannot be had"):  # fmt: skip
        assert f'"message":"{line}"'.encode() in text, "the story made every kind of line"
    assert len(secrets) > 40
    assert find(secrets, {"log": text}) == []
    for name, secret in secrets.items():
        for spelling in spellings(secret):
            planted = text[:5000] + b" " + spelling + b" " + text[5000:]
            assert find({name: secret}, {"log": planted}) == [f"{name} in log"], "the search finds it"
