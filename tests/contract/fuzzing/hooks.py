"""What Schemathesis cannot know: how the queue signs, what a cursor looks like, and what there is in the running stack.

`schemathesis.toml` loads it; the environment is that of test_fuzzing.py.
"""

import base64
import hashlib
import json
import os
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jwt
import schemathesis
from hypothesis import strategies as st
from requests import PreparedRequest
from requests.auth import AuthBase
from standardwebhooks import Webhook

from handoff.calls.carriers.twilio import signature
from tests.support.deliveries import claims


class Signature(AuthBase):
    """Signs the very bytes that are sent, as the queue does."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        raw = raw_body(request)
        sent = urlsplit(str(request.url))
        url = os.environ["DELIVERY_URL"] + unquote(sent.path) + (f"?{sent.query}" if sent.query else "")
        signed = jwt.encode(claims("", raw, sub=url), os.environ["QSTASH_CURRENT_SIGNING_KEY"])
        request.headers["Upstash-Signature"] = signed
        return request


class WebhookSignature(AuthBase):
    """Signs as a carrier does that sends Standard Webhooks, whatever the id."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        moment = datetime.now(UTC)
        signer = Webhook(os.environ["CALL_WEBHOOK_SECRETS"])
        event_id = str(request.headers.get("webhook-id", ""))
        request.headers["webhook-timestamp"] = str(int(moment.timestamp()))
        text = raw_body(request).decode("utf-8", "replace")
        request.headers["webhook-signature"] = signer.sign(event_id, moment, text)
        return request


class TwilioSignature(AuthBase):
    """Signs the address and the form as Twilio does."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        url = os.environ["PUBLIC_URL"] + urlsplit(str(request.url)).path
        fields = parse_qsl(raw_body(request).decode("utf-8", "replace"), keep_blank_values=True)
        request.headers["X-Twilio-Signature"] = signature(url, fields, os.environ["TWILIO_AUTH_TOKENS"])
        return request


def raw_body(request: PreparedRequest) -> bytes:
    body: Any = request.body or b""
    return body.encode() if isinstance(body, str) else body


SIGNED = {
    "Upstash-Signature": Signature,
    "webhook-signature": WebhookSignature,
    "X-Twilio-Signature": TwilioSignature,
}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Where Schemathesis leaves the key out, or has another in its place, nothing is signed: that has to be refused.

    An Idempotency-Key that is valid names one wish alone, as it has to.
    """
    key = case.headers.get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch(r"[\x21-\x7e]{1,200}", key):
        wish = repr((key, case.operation.path, case.body)).encode("utf-8", "surrogatepass")
        case.headers["Idempotency-Key"] = hashlib.sha256(wish).hexdigest()
    for header, sign in SIGNED.items():
        if case.headers.get(header) == os.environ["TO_BE_SIGNED"]:
            kwargs["auth"] = sign()


IDS = {
    "/api/links/": "LINK_ID",
    "/api/calls/": "CALL_ID",
    "/api/generations/": "GENERATION_ID",
    "/api/images/": "IMAGE_ID",
    "/api/worker/": "IMAGE_ID",
}


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Nobody guesses an id or a token: every other one is that of something which is there."""
    known = {
        "token": os.environ["LINK_TOKEN"],
        "id": os.environ[
            next((name for path, name in IDS.items() if context.operation.path.startswith(path)), "EXPORT_ID")
        ],
    }
    return path_parameters and {
        name: known[name] if name in known and every_other(value) else value for name, value in path_parameters.items()
    }


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Every other message is about an export that is there. What is wrong on purpose stays so."""
    if context.operation.path.startswith("/api/jobs/") and isinstance(body, dict) and every_other(body):
        message = {"id": os.environ["EXPORT_ID"], "try": 1}
        if isinstance(body.get("sourceBody"), str):
            return {**body, "sourceBody": base64.b64encode(json.dumps(message).encode()).decode()}
        if isinstance(body.get("id"), str) and re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body["id"]):
            return {**body, "id": message["id"]}
    return body


def every_other(value: object) -> bool:
    """By what it is, so that each run decides alike."""
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).digest()[0] % 2 == 0


cursors = st.builds(
    lambda moment, export_id: base64.urlsafe_b64encode(f"{moment.isoformat()}Z {export_id}".encode()).decode(),
    st.datetimes(),
    st.uuids(),
)
schemathesis.openapi.format("cursor", cursors)
