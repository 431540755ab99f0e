"""What is asked of OpenAI and read from its answers, held to the types of the vendor's own package."""

import base64
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from openai.types import ImagesResponse
from openai.types.image_generate_params import ImageGenerateParamsNonStreaming
from PIL import Image as Pillow
from pydantic import TypeAdapter

from handoff.errors import JobFailedError
from handoff.generations.outcomes import OUTCOMES, words
from handoff.generations.providers import PROVIDERS, Picture, provider
from handoff.generations.providers.openai import OpenAIProvider
from handoff.jobs.queues.base import Report

PROVIDER = OpenAIProvider(url="https://api.openai.com", model="gpt-image-2.5-flare")
PARAMETERS = TypeAdapter(ImageGenerateParamsNonStreaming)
SIZE = (64, 48)


def picture_bytes(kind: str) -> bytes:
    made = io.BytesIO()
    Pillow.effect_noise(SIZE, 80).convert("RGB").save(made, kind)
    return made.getvalue()


PICTURES = {f"image/{kind}": picture_bytes(kind) for kind in ("webp", "png", "jpeg")}
WEBP = PICTURES["image/webp"]


def answered(picture: dict[str, Any], **more: Any) -> Report:
    body = {"created": 1764061200, "data": [picture], "output_format": "webp", **more}
    ImagesResponse.model_validate(body, strict=True)
    return Report(source_body=b"", status=200, body=json.dumps(body).encode())


def encoded(picture: bytes = WEBP) -> dict[str, str]:
    return {"b64_json": base64.b64encode(picture).decode()}


def refused(status: int | None, code: str | None = None, kind: str | None = None) -> Report:
    error = {"error": {"message": "Incorrect key: sk-canary", "type": kind, "param": None, "code": code}}
    return Report(source_body=b"", status=status, body=json.dumps(error).encode())


@contextmanager
def nothing_is_opened(url: str) -> Iterator[list[bytes]]:
    raise AssertionError(f"{url} is opened")
    yield []


def read(report: Report, open_url: Any = nothing_is_opened) -> tuple[str, bytes]:
    with PROVIDER.read(report, open_url) as image:
        return image.content_type, b"".join(image.chunks)


def failure(report: Report, open_url: Any = nothing_is_opened) -> tuple[str, bool]:
    with pytest.raises(JobFailedError) as caught:
        read(report, open_url)
    return caught.value.outcome, caught.value.retryable


@pytest.mark.parametrize("size", PROVIDER.sizes)
@pytest.mark.parametrize("quality", PROVIDER.qualities)
def test_every_size_and_quality_makes_a_request_that_the_vendors_types_take_whole(size: str, quality: str) -> None:
    call = PROVIDER.call(Picture('A "fox" in 雪', size, quality))
    body = json.loads(call.body)
    assert PARAMETERS.validate_python(body) == body
    assert PARAMETERS.validate_python({**body, "odd": 1}) == body, "the types would let an unknown field pass"
    assert (body["prompt"], body["size"], body["quality"], body["n"]) == ('A "fox" in 雪', size, quality, 1)


def test_a_compressed_type_is_asked_for_so_that_the_answer_fits_into_a_callback() -> None:
    body = json.loads(PROVIDER.call(Picture("a fox", "1024x1024", "low")).body)
    assert (body["output_format"], body["output_compression"] < 100) == ("webp", True)


def test_the_call_goes_to_the_images_api_and_has_no_credential_in_it() -> None:
    call = PROVIDER.call(Picture("a fox", "1024x1024", "low"))
    assert call.url == "https://api.openai.com/v1/images/generations"
    assert dict(call.headers) == {"Content-Type": "application/json"}


def test_the_registry_names_the_class() -> None:
    assert {name: provider(name).name for name in PROVIDERS} == {"openai": "openai"}
    with pytest.raises(ValueError, match="no image provider 'paint', only openai"):
        provider("paint")


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_in_base64_is_decoded_and_its_type_told_by_its_bytes(kind: str) -> None:
    assert read(answered(encoded(PICTURES[kind]))) == (kind, PICTURES[kind])


def test_a_large_picture_is_decoded_part_by_part() -> None:
    made = io.BytesIO()
    Pillow.effect_noise((700, 700), 90).save(made, "png")
    with PROVIDER.read(answered(encoded(made.getvalue())), nothing_is_opened) as image:
        chunks = list(image.chunks)
    assert b"".join(chunks) == made.getvalue()
    assert len(chunks) > 5
    assert max(map(len, chunks)) < 100_000


def test_a_picture_at_a_url_is_fetched_from_there() -> None:
    opened = []

    @contextmanager
    def open_url(url: str) -> Iterator[Iterator[bytes]]:
        opened.append(url)
        yield iter([WEBP[:7], WEBP[7:20], WEBP[20:]])

    assert read(answered({"url": "https://images.example/1"}), open_url) == ("image/webp", WEBP)
    assert opened == ["https://images.example/1"]


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("missing", [1, 3, 30, 300])
def test_a_picture_without_its_end_is_truncated(kind: str, missing: int) -> None:
    if kind == "image/jpeg" and missing == 1:
        missing = 2  # the half of a marker
    assert failure(answered(encoded(PICTURES[kind][:-missing]))) == ("answer_truncated", False)


@pytest.mark.parametrize("kept", [1, 10, 200, -1, -2, -300])
def test_an_answer_that_was_cut_on_its_way_is_truncated_and_not_paid_for_again(kept: int) -> None:
    whole = answered(encoded())
    assert failure(Report(source_body=b"", status=200, body=whole.body[:kept])) == ("answer_truncated", False)


def test_base64_that_is_none_is_truncated() -> None:
    assert failure(answered({"b64_json": encoded()["b64_json"][:-3]})) == ("answer_truncated", False)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"data": []}', b'{"data": [null]}', b'{"data": [{}]}',
                                  b'{"data": {"b64_json": "a"}}', b'{"data": [{"b64_json": 1}]}', b"<html></html>",
                                  b"[" * 100_000, b"\xff\xfe"])  # fmt: skip
def test_an_answer_of_another_shape_is_unreadable(body: bytes) -> None:
    assert failure(Report(source_body=b"", status=200, body=body)) == ("answer_unreadable", False)


@pytest.mark.parametrize(
    "content", [b"<svg onload=alert(1)>" * 9, b"%PDF-1.7 " * 9, b"GIF89a" * 9, b"RIFF0000WAVE" * 9, b"x"]
)
def test_what_is_no_picture_of_a_kept_type_is_refused_whatever_it_claims(content: bytes) -> None:
    assert failure(answered(encoded(content))) == ("not_an_image", False)


@pytest.mark.parametrize(
    ("report", "outcome", "retryable"),
    [
        (refused(400, "moderation_blocked", "image_generation_user_error"), "content_policy", False),
        (refused(400, "content_policy_violation"), "content_policy", False),
        (refused(400, None, "image_generation_user_error"), "content_policy", False),
        (refused(400, "unknown_parameter", "invalid_request_error"), "provider_refused", False),
        (refused(401, "invalid_api_key", "invalid_request_error"), "provider_refused", False),
        (refused(403), "provider_refused", False),
        (refused(404, "model_not_found"), "provider_refused", False),
        (refused(429, "rate_limit_exceeded", "requests"), "rate_limited", True),
        (refused(429), "rate_limited", True),
        (refused(429, "insufficient_quota", "insufficient_quota"), "quota_exhausted", False),
        (refused(429, "billing_hard_limit_reached"), "quota_exhausted", False),
        (refused(429, "credit_balance_exhausted"), "quota_exhausted", False),
        (refused(429, "project_spend_limit_exceeded"), "quota_exhausted", False),
        (refused(429, "organization_spend_limit_exceeded"), "quota_exhausted", False),
        (refused(429, "organization_usage_limit_exceeded"), "quota_exhausted", False),
        (refused(503, "slow_down"), "rate_limited", True),
        (refused(408), "provider_timeout", True),
        (refused(504), "provider_timeout", True),
        (refused(None), "provider_timeout", True),
        (refused(500, None, "server_error"), "provider_unavailable", True),
        (refused(503, "server_is_overloaded"), "provider_unavailable", True),
        (refused(302), "provider_unavailable", True),
        (Report(source_body=b"", status=500, body=b"<html>"), "provider_unavailable", True),
        (Report(source_body=b"", status=400, body=b'{"error": "no"}'), "provider_refused", False),
    ],
)
def test_each_error_has_its_outcome_and_says_whether_another_attempt_can_help(
    report: Report, outcome: str, retryable: bool
) -> None:
    assert failure(report) == (outcome, retryable)
    assert words(outcome) == OUTCOMES[outcome]


def test_a_status_of_success_that_is_not_200_is_no_picture() -> None:
    assert failure(Report(source_body=b"", status=202, body=answered(encoded()).body)) == ("provider_unavailable", True)
