"""Schemathesis, with all its checks, against the running stack: what the contract allows and what it does not is sent,
over HTTP and through the gateway, and every answer is compared with the contract."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.stack import Options
from tests.support.calls import sign, started
from tests.support.contract import DOCUMENT, operations
from tests.support.cookies import signed
from tests.support.environment import ISSUER, SIGN_IN
from tests.support.stack import LocalStack, Visitor, local_stack, wait_for

ROOT = DOCUMENT.parents[1]
CONFIGURATION = Path(__file__).parent / "fuzzing/schemathesis.toml"
EXAMPLES = 1000 if os.environ.get("HANDOFF_HEAVY") == "1" else 12
"""For each operation, in each phase that makes them up."""

# One visitor asks for more exports than a person may; and what is there at the start is to be there at the end.
SETTINGS = {
    "MAX_ACTIVE_RUNS": "1000", "LINK_TTL_SECONDS": "3600", "WAIT_MAX_SECONDS": "1", "OPENAI_RATE_PER_MINUTE": "1",
    **SIGN_IN,
}  # fmt: skip


@pytest.mark.line("G1")
def test_no_request_that_can_be_made_up_gets_an_answer_that_is_not_documented(tmp_path: Path) -> None:
    with local_stack(tmp_path / "stack", Options(speed=100), **SETTINGS) as stack:
        told = fuzz(stack.page, known(stack), tmp_path)
    assert told.returncode == 0, told.stdout
    (report,) = tmp_path.glob("json-*.json")
    found = json.loads(report.read_text())
    print(f"{found['test_cases']['generated']} requests in {found['running_time']:.0f} s")
    assert found["test_cases"]["generated"] > 10 * EXAMPLES
    assert {name for name, rates in found["valid_rates"].items() if was_let_in(rates)} == {
        f"{operation.method} {operation.path}" for operation in operations()
    } - {"POST /api/session"}, "nobody can make up an ID token"


def was_let_in(rates: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether what is behind an operation was ever reached, not its guards alone."""
    return any(phase["accepted"] or phase["conflicts"] for phase in rates.values())


def known(stack: LocalStack) -> dict[str, str]:
    """What nobody can guess: a session, what is there for it, and the queue's key."""
    visitor = stack.visitor()
    ann = {"issuer": ISSUER, "subject": "ann", "email": "ann@corp.com", "nonce": "n"}
    visitor.http.cookies.clear()
    visitor.http.cookies.set("handoff-session", signed(ann, key=stack.settings["SESSION_KEYS"]))
    generation = visitor.finished_images()
    export_id = visitor.request_export()
    visitor.wait_for_end(export_id)
    link: dict[str, Any] = visitor.http.post(f"/api/exports/{export_id}/links").json()
    return {
        "SESSION": visitor.http.cookies["handoff-session"],
        "GENERATION_ID": generation["id"],
        "IMAGE_ID": generation["images"][0]["id"],
        "EXPORT_ID": export_id,
        "LINK_ID": link["id"],
        "CALL_ID": a_call(stack, visitor),
        "LINK_TOKEN": visitor.export(export_id)["links"][-1]["url"].rpartition("/")[2],
        "TO_BE_SIGNED": "to be signed",
        "DELIVERY_URL": stack.settings["DELIVERY_URL"],
        "PUBLIC_URL": stack.settings["PUBLIC_URL"],
        "CALL_WEBHOOK_SECRETS": stack.settings["CALL_WEBHOOK_SECRETS"],
        "TWILIO_AUTH_TOKENS": stack.settings["TWILIO_AUTH_TOKENS"],
        "QSTASH_CURRENT_SIGNING_KEY": stack.settings["QSTASH_CURRENT_SIGNING_KEY"],
    }


def a_call(stack: LocalStack, visitor: Visitor) -> str:
    """The id of one whose start was told."""
    body = json.dumps(started("fuzzed")).encode()
    headers = sign(body, event_id="msg_1", secret=stack.settings["CALL_WEBHOOK_SECRETS"])
    assert visitor.http.post("/events", content=body, headers=headers).status_code == 202
    (call,) = wait_for(lambda: visitor.http.get("/api/calls").json()["items"])
    return str(call["id"])


def fuzz(page: str, environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    arguments = ["--url", page, "--max-examples", str(EXAMPLES), "--report", "json", "--report-dir", str(folder)]
    return subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIGURATION, "run", DOCUMENT, *arguments],
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)}, cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1200, check=False,
    )  # fmt: skip
