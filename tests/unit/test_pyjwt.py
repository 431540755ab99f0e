"""A container that signs nobody in does without the package for key pairs, and one that does has it in time."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.deliveries import delivery
from tests.support.environment import DELIVERY_URL, environment
from tests.support.issuer import running_issuer

ROOT = Path(__file__).parents[2]

# Published first, so that PyJWT is there without; then signed in, and published again.
TRIGGER = """
import asyncio, json, os, sys, uuid
from handoff.jobs.outgoing import DueMessage
from handoff.wiring import Wiring

wiring, told = Wiring("trigger"), {}
publish = lambda: asyncio.run(wiring.publisher.publish(DueMessage(uuid.uuid4(), "produce_export", 1)))
publish()
told["before"] = ["jwt" in sys.modules, "cryptography" in sys.modules]
told["person"] = wiring.sign_ins.sign_in(os.environ["ID_TOKEN"], "nonce", None).subject
told["after"] = ["jwt" in sys.modules, "cryptography" in sys.modules]
publish()
print(json.dumps(told))
"""

CALLBACK = """
import json, os, sys
from handoff.jobs.queues.base import SignedRequest
from handoff.wiring import Wiring

wiring = Wiring("callback")
request = json.loads(os.environ["REQUEST"])
wiring.queue.verify(SignedRequest(request["url"], {"Upstash-Signature": request["signature"]}, b"{}"))
print(json.dumps(["jwt" in sys.modules, "cryptography" in sys.modules]))
"""


def told_by(code: str, **more: str) -> object:
    made = environment(
        database_url="postgresql://u:p@127.0.0.1:1/handoff",
        queue_url="http://127.0.0.1:1",
        storage_folder="/nowhere",
        source_url="http://127.0.0.1:9000/document",
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **made, **more}, cwd=ROOT, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_key_pairs_are_not_imported_before_somebody_signs_in_and_work_then() -> None:
    with running_issuer() as issuer:
        told = told_by(TRIGGER, **issuer.settings, ID_TOKEN=issuer.token("nonce"))
    assert told == {"before": [True, False], "person": "ann", "after": [True, True]}


def test_a_delivery_is_verified_without_them() -> None:
    path = "/api/jobs/produce_export"
    signature = delivery(path, b"{}")["headers"]["upstash-signature"]
    request = json.dumps({"url": DELIVERY_URL + path, "signature": signature})
    assert told_by(CALLBACK, REQUEST=request) == [True, False]
