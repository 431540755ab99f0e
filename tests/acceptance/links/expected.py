"""What a link's visitor is promised, written down apart from the code that keeps it."""

import json
from typing import Any

from tests.support.functions import Answer

PROMISES = {
    "cache-control": "private, no-store",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
"""On every answer with a body, whatever the body is."""

DISPOSITION = "attachment; filename=\"document.pdf\"; filename*=UTF-8''document.pdf"

SENTENCES = {
    "unknown": (404, "There is no such link. Check that it was copied whole."),
    "ended": (410, "This link has ended. Ask the sender for a new one."),
    "revoked": (410, "This link was revoked. Ask the sender for a new one."),
    "removed": (410, "The file behind this link was removed. Ask the sender to create it again."),
    "range": (416, "There is no such part of this file. It ends before what was asked for."),
    "unavailable": (503, "This link cannot be looked up right now. It is unharmed: try again in a moment."),
    "failed": (502, "The file cannot be reached right now. The link still works: try again in a moment."),
}
"""By outcome: the status, and the sentence people read."""


def assert_refused(answer: Answer, outcome: str, **more_headers: str) -> None:
    """The answer is that refusal as problem+json, and nothing else."""
    status, sentence = SENTENCES[outcome]
    body = {"type": f"urn:handoff:problem:link-{outcome}", "title": sentence, "status": status}
    assert answer.status == status, (answer.status, answer.headers, answer.body[:300])
    assert json.loads(answer.body) == body
    assert headers(answer) == {
        **PROMISES,
        "content-length": str(len(answer.body)),
        "content-type": "application/problem+json",
        **{name.replace("_", "-"): value for name, value in more_headers.items()},
    }


def assert_sent(answer: Answer, whole: bytes, part: tuple[int, int] | None = None) -> None:
    """The answer is the whole file, or its bytes from the first up to but not including the second."""
    start, end = part or (0, len(whole))
    expected = {
        **PROMISES,
        "accept-ranges": "bytes",
        "content-disposition": DISPOSITION,
        "content-length": str(end - start),
        "content-type": "application/pdf",
        "etag": answer.headers.get("etag", "none"),
    }
    if part:
        expected["content-range"] = f"bytes {start}-{end - 1}/{len(whole)}"
    assert answer.status == (206 if part else 200), answer.body[:300]
    assert headers(answer) == expected
    assert answer.body == whole[start:end]


def headers(answer: Answer) -> dict[str, Any]:
    """Every header but the request's own id, and the cookies, which nobody expects."""
    assert answer.headers["x-request-id"]
    found: dict[str, Any] = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return found | ({"set-cookie": answer.cookies} if answer.cookies else {})
