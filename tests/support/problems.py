"""What every refusal looks like: application/problem+json, with exactly the promised fields (RFC 9457)."""

from typing import Any

from tests.support.functions import Answer

FIELDS = {"type", "title", "status", "detail", "reference"}


def assert_problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The answer is that problem and nothing else; gives its body."""
    assert answer.status == status, (answer.status, answer.body[:500])
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    body: dict[str, Any] = answer.json
    assert set(body) - {"errors"} == FIELDS
    assert body["type"] == f"urn:handoff:problem:{code}"
    assert body["status"] == status
    assert body["reference"] == answer.headers["x-request-id"]
    for sentence in (body["title"], body["detail"]):
        assert isinstance(sentence, str)
        assert 4 <= len(sentence) <= 500
        assert "Traceback" not in sentence
    for entry in body.get("errors", []):
        assert set(entry) == {"field", "message"}
    return body


def without_reference(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """The whole answer, with its request's id taken out of header and body."""
    request_id = answer.headers["x-request-id"]
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status, headers, answer.body.replace(request_id.encode(), b"-")
