"""The laptop's mock of OpenAI's images API, called by the vendor's own package and by our provider's requests."""

import base64
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args

import httpx
import openai
import pytest
from openai.types.image_model import ImageModel
from PIL import Image as Pillow

from handoff.errors import JobFailedError
from handoff.fetch import SourceFetcher
from handoff.generations.image_types import content_type
from handoff.generations.providers import Picture
from handoff.generations.providers.openai import OpenAIProvider
from handoff.jobs.queues.base import Report
from infra.local import openai as mock_package
from infra.local.openai import requests
from infra.local.openai.server import PATH, Mock, make_server
from infra.local.openai.wishes import Wishes

KEY = "sk-canary-of-this-test"
MODEL = "gpt-image-2.5-flare"
SMALL = "256x256"


@contextmanager
def served(delay: float = 0.0) -> Iterator[str]:
    server = make_server(0, Mock(KEY, delay))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0) as found:
        yield found


def generate(client: openai.OpenAI, **given: Any) -> bytes:
    """The only picture of an answer."""
    answer = client.images.generate(**{"model": MODEL, "prompt": "a fox", "size": SMALL, **given})
    assert answer.data
    (picture,) = answer.data
    assert picture.b64_json
    return mock_bytes(picture.b64_json)


def mock_bytes(encoded: str) -> bytes:
    return base64.b64decode(encoded, validate=True)


@pytest.mark.parametrize("kind", requests.FORMATS)
@pytest.mark.parametrize("size", [*requests.STANDARD_SIZES, "1536x864"])
def test_the_vendors_client_is_given_real_pictures_of_the_size_and_type_it_asks_for(
    client: openai.OpenAI, kind: str, size: str
) -> None:
    picture = generate(client, output_format=kind, size=size)
    assert content_type(picture) == f"image/{kind}"
    with Pillow.open(io.BytesIO(picture)) as opened:
        opened.load()
        assert f"{opened.width}x{opened.height}" == size


def test_a_picture_shows_the_words_of_its_prompt(client: openai.OpenAI) -> None:
    """In white, which the colours behind them never are."""

    def white(prompt: str) -> int:
        with Pillow.open(io.BytesIO(generate(client, prompt=prompt))) as opened:
            return sum(count for count, colour in opened.getcolors(1 << 24) or [] if colour == (255, 255, 255))

    assert white(" ") == 0
    assert 0 < white("fox") < white("fox " * 10)


def test_an_answer_says_what_was_made(client: openai.OpenAI) -> None:
    answer = client.images.generate(model=MODEL, prompt="two", n=2, size=SMALL, output_format="webp", quality="low")
    assert answer.data
    assert len({picture.b64_json for picture in answer.data}) == 2
    assert (answer.output_format, answer.size, answer.quality, answer.background) == ("webp", SMALL, "low", "opaque")
    assert answer.usage
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_a_better_compressed_picture_is_smaller_and_a_transparent_one_is_so(client: openai.OpenAI) -> None:
    small, large = (generate(client, output_format="jpeg", output_compression=level) for level in (20, 95))
    assert len(small) < len(large)
    with Pillow.open(io.BytesIO(generate(client, background="transparent", output_format="webp"))) as opened:
        assert opened.mode == "RGBA"


def test_it_knows_the_models_of_the_vendors_package() -> None:
    ours = {*requests.RETIRED, *requests.OF_STANDARD_SIZES, *requests.OF_ANY_SIZE, *requests.OF_ANY_QUALITY}
    assert ours == set(get_args(ImageModel))


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"model": "gpt-4o"}, "model_not_found", "model"),
        ({"model": "dall-e-3"}, "model_not_found", "model"),
        ({"prompt": ""}, "empty_string", "prompt"),
        ({"prompt": 7}, "invalid_type", "prompt"),
        ({"prompt": "x" * 32_001}, "string_above_max_length", "prompt"),
        ({"prompt": "[fail: nonsense]"}, "invalid_value", "prompt"),
        ({"size": "1000x1000"}, "invalid_value", "size"),
        ({"size": "4096x1024"}, "invalid_value", "size"),
        ({"size": "large"}, "invalid_value", "size"),
        ({"model": "gpt-image-1-mini", "size": "1536x864"}, "invalid_value", "size"),
        ({"quality": "hd"}, "invalid_value", "quality"),
        ({"model": "gpt-image-2", "quality": "max"}, "invalid_value", "quality"),
        ({"output_format": "gif"}, "invalid_value", "output_format"),
        ({"output_format": "jpeg", "output_compression": 101}, "integer_out_of_range", "output_compression"),
        ({"output_format": "jpeg", "output_compression": "80"}, "invalid_type", "output_compression"),
        ({"output_format": "png", "output_compression": 50}, "invalid_value", "output_compression"),
        ({"output_format": "jpeg", "background": "transparent"}, "invalid_value", "background"),
        ({"n": 0}, "integer_out_of_range", "n"),
        ({"n": 5}, "integer_out_of_range", "n"),
        ({"moderation": "none"}, "invalid_value", "moderation"),
        ({"response_format": "url"}, "unknown_parameter", "response_format"),
        ({"extra_body": {"odd": 1}}, "unknown_parameter", "odd"),
        ({"extra_body": {"stream": True}}, "invalid_value", "stream"),
    ],
)
def test_what_the_vendor_does_not_take_is_refused_with_its_name(
    client: openai.OpenAI, given: dict[str, Any], code: str, param: str
) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        generate(client, **given)
    error = refused.value
    assert (error.status_code, error.code, error.param) == (404 if code == "model_not_found" else 400, code, param)


def test_a_prompt_that_is_missing_and_a_body_that_is_no_json_are_refused(url: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    missing = httpx.post(url + PATH, json={"model": MODEL}, headers=headers, trust_env=False).json()["error"]
    assert (missing["code"], missing["param"]) == ("missing_required_parameter", "prompt")
    for body in (b"", b"{", b"[]", b"[" * 100_000, b"\xff"):
        refused = httpx.post(url + PATH, content=body, headers=headers, trust_env=False)
        assert (refused.status_code, refused.json()["error"]["type"]) == (400, "invalid_request_error")
    assert httpx.post(url + PATH, content=b"x" * 1_000_001, headers=headers, trust_env=False).status_code == 413


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer sk-other", f"Basic {KEY}", KEY])
def test_nothing_is_answered_without_the_key(url: str, key: str) -> None:
    refused = httpx.post(url + PATH, json={}, headers={"Authorization": key} if key else {}, trust_env=False)
    assert refused.status_code == 401
    assert KEY not in refused.text


def test_only_whom_it_stands_for_and_this_machine_may_be_asked_for(url: str) -> None:
    given = {"url": url + PATH, "json": {"model": MODEL, "prompt": "a fox", "size": SMALL}, "trust_env": False}
    for host, status in {"api.openai.com": 200, "localhost:1": 200, "evil.example": 404}.items():
        answer = httpx.post(**given, headers={"Authorization": f"Bearer {KEY}", "Host": host})  # type: ignore[arg-type]
        assert answer.status_code == status
    assert httpx.post(url + "/v1/images/edits", headers={"Authorization": f"Bearer {KEY}"}).status_code == 404


def called(url: str, prompt: str) -> Report:
    """What a queue would report of our provider's call."""
    call = OpenAIProvider(url=url, model=MODEL).call(Picture(prompt, "1024x1024", "low"))
    headers = {**call.headers, "Authorization": f"Bearer {KEY}"}
    try:
        answer = httpx.post(call.url, content=call.body, headers=headers, timeout=2, trust_env=False)
    except httpx.HTTPError:
        return Report(source_body=call.body)
    return Report(call.body, answer.status_code, {**answer.headers}, answer.content)


def outcome(report: Report, largest: int = mock_package.LARGEST_KEPT_BYTES) -> str:
    """Of the provider's reading, and of keeping no more than a laptop does."""
    port = int(report.body.partition(b"127.0.0.1:")[2][:5].split(b"/")[0] or 0)
    fetcher = SourceFetcher(
        allowed_hosts=("127.0.0.1",),
        loopback_exception=f"127.0.0.1:{port or 1}",
        max_bytes=largest,
        time_limit_seconds=10,
    )
    try:
        with OpenAIProvider().read(report, fetcher.open) as image:
            size = sum(map(len, image.chunks))
            return "too_large" if size > largest else image.content_type
    except JobFailedError as error:
        return error.outcome


OUTCOMES = {
    "[fail: content policy]": "content_policy",
    "[fail: rate limit]": "rate_limited",
    "[fail: quota]": "quota_exhausted",
    "[fail: key]": "provider_refused",
    "[fail: error]": "provider_unavailable",
    "[fail: overloaded]": "provider_unavailable",
    "[fail: hang up]": "provider_timeout",
    "[fail: never]": "provider_timeout",
    "[fail: truncated]": "answer_truncated",
    "[fail: unreadable]": "answer_unreadable",
    "[fail: not an image]": "not_an_image",
    "[fail: too large]": "too_large",
    "[fail: beyond a callback]": "too_large",
    "[by url]": "image/webp",
    "a fox": "image/webp",
}


@pytest.mark.parametrize("prompt", OUTCOMES)
def test_our_calls_are_taken_and_each_word_in_a_prompt_has_its_outcome(url: str, prompt: str) -> None:
    assert outcome(called(url, f"A picture {prompt}")) == OUTCOMES[prompt]


def test_every_word_of_the_table_is_tried() -> None:
    told = set(re.findall(r"^\| (\[[a-z: ]+\]) \|", mock_package.__doc__ or "", re.MULTILINE))
    assert told == {prompt for prompt in OUTCOMES if prompt.startswith("[")} | {"[slow]"}


def test_a_picture_that_no_callback_can_bring_is_as_large(url: str) -> None:
    assert len(called(url, "[fail: beyond a callback]").body) * 4 / 3 > 6 * 1024 * 1024
    assert len(called(url, "[fail: too large]").body) * 4 / 3 < 6 * 1024 * 1024


def test_what_fails_once_fails_for_the_first_call_of_its_prompt_alone(url: str) -> None:
    once = [outcome(called(url, "[fail once: error] a")) for _ in range(3)]
    assert once == ["provider_unavailable", "image/webp", "image/webp"]
    assert outcome(called(url, "[fail once: error] b")) == "provider_unavailable"


def test_a_rate_limit_that_is_met_once_holds_until_its_wait_is_over(url: str) -> None:
    now = 0.0
    wishes = Wishes(3, lambda: now)
    met = []
    for now in (0.0, 2.9, 3.0, 9.0):  # noqa: B007 (the clock)
        met.append(wishes.failure("[Fail once: Rate limit]"))
    assert met == ["rate limit", "rate limit", None, None]
    assert called(url, "[fail: rate limit]").headers["retry-after"] == "1"


def test_a_picture_takes_its_time_by_quality_and_a_slow_one_ten_times_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("infra.local.openai.server.time.sleep", slept.append)
    with served(delay=4) as url:
        called(url, "a fox")
        called(url, "[slow] fox")
        with openai.OpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0) as client:
            generate(client)
    assert [round(seconds, 3) for seconds in slept] == [2.8, 28.0, 4.0]


def test_its_log_says_what_happened_without_prompts_and_keys(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    called(url, "a secret wish [fail: quota]")
    said = capfd.readouterr().err
    assert '"status": 429' in said
    assert '"failure": "quota"' in said
    assert "secret wish" not in said
    assert KEY not in said
