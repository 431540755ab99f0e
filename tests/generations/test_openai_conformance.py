"""OpenAI is held to what every image provider promises."""

import base64
import json
from collections.abc import Callable, Mapping

import pytest

from handoff.generations.providers.openai import OpenAIProvider
from handoff.jobs.queues.base import Report
from handoff.testing import ImageProviderConformance


def refused(status: int, code: str) -> Report:
    error = {"error": {"message": "No: sk-canary", "type": "an_error", "param": None, "code": code}}
    return Report(b"", status, body=json.dumps(error).encode())


class TestOpenAIProvider(ImageProviderConformance):
    @pytest.fixture
    def provider(self) -> OpenAIProvider:
        return OpenAIProvider(url="https://api.openai.com", model="gpt-image-2.5-flare")

    @pytest.fixture
    def answer_with(self) -> Callable[[bytes], Report]:
        def answer(picture: bytes) -> Report:
            body = {"created": 1, "data": [{"b64_json": base64.b64encode(picture).decode()}]}
            return Report(b"", 200, body=json.dumps(body).encode())

        return answer

    @pytest.fixture
    def refusals(self) -> Mapping[str, Report]:
        return {
            "content_policy": refused(400, "moderation_blocked"),
            "quota_exhausted": refused(429, "insufficient_quota"),
            "provider_refused": refused(401, "invalid_api_key"),
            "rate_limited": refused(429, "rate_limit_exceeded"),
            "provider_unavailable": refused(503, "server_is_overloaded"),
        }
