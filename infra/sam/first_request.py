"""What a function imports until its first request is answered: `python first_request.py app-folder packages-folder…`.

Alone under Lambda's Python, with the packages in those folders and no service within reach. Its last line is a JSON
list of the modules that came from there. What only a store imports is not asked for: boto3 is part of the runtime.
"""

import asyncio
import base64
import contextlib
import json
import os
import sys
import uuid
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NOBODY = "127.0.0.1:1"
KEY = "k" * 32
SETTINGS: Mapping[str, str] = {
    "DATABASE_URL": f"postgresql://nobody:none@{NOBODY}/none",
    "PUBLIC_URL": f"http://{NOBODY}",
    "DELIVERY_URL": f"http://{NOBODY}",
    "QSTASH_URL": f"http://{NOBODY}",
    "QSTASH_TOKEN": "token",
    "QSTASH_CURRENT_SIGNING_KEY": KEY,
    "QSTASH_NEXT_SIGNING_KEY": KEY,
    "FILE_BUCKET": "none",
    "LINK_KEYS": KEY,
    "SESSION_KEYS": KEY,
    "OIDC_ISSUER": f"http://{NOBODY}",
    "OIDC_CLIENT_ID": "page",
    "OIDC_KEYS_URL": f"http://{NOBODY}",
    "OIDC_AUTHORIZATION_URL": f"http://{NOBODY}",
    "OIDC_TOKEN_URL": f"http://{NOBODY}",
    "ALLOWED_EMAIL_DOMAINS": "example.com",
    "SOURCE_URL": "https://example.com/document.pdf",
    "CALL_HISTORY": "on",
    "CALL_WEBHOOK_SECRETS": "whsec_" + KEY,
    "SQS_QUEUE_URL": f"http://{NOBODY}/queue",
    "SQS_DEAD_LETTER_QUEUE_URL": f"http://{NOBODY}/dead-letters",
}

TOKEN = base64.urlsafe_b64encode(b'{"alg":"RS256","kid":""}').decode() + ".e30.AAAA"
"""As far as it has to hold for its key to be asked for."""


def main(app_folder: str, *packages: str) -> None:
    if "consume" in Path(app_folder).name.lower():
        os.environ["QUEUE_PROVIDER"] = "sqs"  # it is there for no other
    sys.path[:0] = [app_folder, *packages]
    import app  # type: ignore[import-not-found]

    if "migrate" in Path(app_folder).name.lower():
        with contextlib.suppress(ConnectionError):
            app.handler(CREATE, None)
    else:
        asyncio.run(use(app.wiring))
    modules = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
    print(json.dumps(sorted(name for name, file in modules.items() if file.startswith(packages))))


CREATE = {
    "RequestType": "Create",
    "ResponseURL": f"http://{NOBODY}",
    "StackId": "none",
    "RequestId": "none",
    "LogicalResourceId": "Schema",
    "ResourceProperties": {},
}


async def use(wiring: Any) -> None:
    """What each function turns to, though nobody is there."""
    from handoff.errors import DatabaseUnavailableError, IssuerUnavailableError, UnsignedDeliveryError
    from handoff.exports.documents import DOCUMENTS, document
    from handoff.exports.documents.call_report.wish import time_zones
    from handoff.exports.request import ExportRequests
    from handoff.jobs.outgoing import DueMessage
    from handoff.jobs.queues.base import SignedRequest

    if wiring.function == "sign_up":
        _ = wiring.settings["ALLOWED_EMAIL_DOMAINS"]
        return
    with contextlib.suppress(DatabaseUnavailableError):
        wiring.database.ping()
    if wiring.function in ("trigger", "sweep"):
        await wiring.publisher.publish(DueMessage(uuid.uuid4(), ExportRequests.job_type, 1))
    if wiring.function in ("trigger", "callback", "consume"):
        zoneinfo.reset_tzpath(())  # as where the system has no time zones
        assert "Europe/Berlin" in time_zones()
    if wiring.function == "trigger":
        _ = wiring.call_events
        with contextlib.suppress(IssuerUnavailableError):
            wiring.sign_ins.sign_in(TOKEN, "", None)
    if wiring.function == "consume":
        from handoff.jobs.call import make_call
        from handoff.jobs.queues.base import Message

        make_call(Message(f"http://{NOBODY}", b""), None, 1)
        _ = wiring.consumer
        for name in DOCUMENTS:
            document(name)
    if wiring.function == "callback":
        with contextlib.suppress(UnsignedDeliveryError):
            wiring.queue.verify(SignedRequest("", {"Upstash-Signature": "a.b.c"}, b""))
        _ = wiring.deliveries
        for name in DOCUMENTS:
            document(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
