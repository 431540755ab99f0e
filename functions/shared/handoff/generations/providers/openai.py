"""OpenAI's images API: https://developers.openai.com/api/reference/resources/images/methods/generate

One call makes one picture. The answer comes back inside a callback, in base64 twice, so 1.78 times its size: through a
Lambda function go 6 MB, through QStash 1 to 50 MB by plan (https://upstash.com/pricing/qstash). So WebP is asked for,
with a compression that keeps the largest size here under half a megabyte; the API's own default is a PNG of several.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from handoff.errors import JobFailedError
from handoff.generations.providers.base import Call, Image, ImageProvider, OpenUrl, Picture, image_of
from handoff.jobs.queues.base import Report

COMPRESSION = 75
"""Per cent of WebP's quality."""
DECODED_AT_ONCE = 4 * 16_384
"""Characters of base64, a multiple of 4."""

# The code says more than the status and the type: https://developers.openai.com/api/docs/guides/error-codes
OUTCOMES_BY_CODE = {
    "moderation_blocked": ("content_policy", False),
    "content_policy_violation": ("content_policy", False),
    "insufficient_quota": ("quota_exhausted", False),
    "credit_balance_exhausted": ("quota_exhausted", False),
    "organization_usage_limit_exceeded": ("quota_exhausted", False),
    "organization_spend_limit_exceeded": ("quota_exhausted", False),
    "project_spend_limit_exceeded": ("quota_exhausted", False),
    "billing_hard_limit_reached": ("quota_exhausted", False),
    "invalid_api_key": ("provider_refused", False),
    "rate_limit_exceeded": ("rate_limited", True),
    "slow_down": ("rate_limited", True),
    "server_is_overloaded": ("provider_unavailable", True),
}
OUTCOMES_BY_TYPE = {
    "image_generation_user_error": ("content_policy", False),
    "insufficient_quota": ("quota_exhausted", False),
}
OUTCOMES_BY_STATUS = {
    400: ("provider_refused", False),
    401: ("provider_refused", False),
    403: ("provider_refused", False),
    404: ("provider_refused", False),
    408: ("provider_timeout", True),
    413: ("provider_refused", False),
    422: ("provider_refused", False),
    429: ("rate_limited", True),
    504: ("provider_timeout", True),
}
UNKNOWN = ("provider_unavailable", True)


class OpenAIProvider(ImageProvider):
    """Who only reads answers needs neither `url` nor `model`."""

    name = "openai"
    credential = "openai"
    sizes = ("1024x1024", "1536x1024", "1024x1536")
    qualities = ("medium", "low", "high")

    def __init__(self, *, url: str = "", model: str = "") -> None:
        self._url = url
        self._model = model

    def call(self, picture: Picture) -> Call:
        body = {
            "model": self._model,
            "prompt": picture.prompt,
            "n": 1,
            "size": picture.size,
            "quality": picture.quality,
            "output_format": "webp",
            "output_compression": COMPRESSION,
        }
        headers = {"Content-Type": "application/json"}
        return Call(f"{self._url}/v1/images/generations", headers, json.dumps(body).encode())

    @contextmanager
    def read(self, report: Report, open_url: OpenUrl) -> Iterator[Image]:
        if report.status != 200:
            outcome, retryable = _failure(report)
            raise JobFailedError(outcome, retryable=retryable)
        answer = _picture(report.body)
        if encoded := answer.get("b64_json"):
            yield image_of(_decoded(encoded))
        elif url := answer.get("url"):
            with open_url(url) as chunks:
                yield image_of(chunks)
        else:
            raise JobFailedError("answer_unreadable", retryable=False)


def _failure(report: Report) -> tuple[str, bool]:
    """The outcome, and whether another attempt can help."""
    if report.status is None:
        return "provider_timeout", True
    try:
        error = json.loads(report.body)["error"]
        code, kind = str(error.get("code")), str(error.get("type"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        code = kind = ""
    for known, name in ((OUTCOMES_BY_CODE, code), (OUTCOMES_BY_TYPE, kind)):
        if name in known:
            return known[name]
    return OUTCOMES_BY_STATUS.get(report.status, UNKNOWN)


def _picture(body: bytes) -> dict[str, str]:
    """The only entry of `data`. What does not end as JSON was cut on its way: no queue promises to carry any size."""
    try:
        data: Any = json.loads(body)
    except (ValueError, RecursionError):
        cut = body.lstrip().startswith(b"{") and not body.rstrip().endswith(b"}")
        raise JobFailedError("answer_truncated" if cut else "answer_unreadable", retryable=False) from None
    try:
        picture = data["data"][0]
        return {name: picture[name] for name in ("b64_json", "url") if isinstance(picture.get(name), str)}
    except (TypeError, KeyError, IndexError, AttributeError):
        raise JobFailedError("answer_unreadable", retryable=False) from None


def _decoded(encoded: str) -> Iterator[bytes]:
    """Part by part, so that the decoded picture is never whole in memory beside the answer that holds it."""
    for start in range(0, len(encoded), DECODED_AT_ONCE):
        try:
            yield base64.b64decode(encoded[start : start + DECODED_AT_ONCE], validate=True)
        except binascii.Error:
            raise JobFailedError("answer_truncated", retryable=False) from None
