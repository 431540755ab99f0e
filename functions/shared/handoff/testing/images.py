"""What an image provider promises."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import product

import pytest

from handoff.errors import JobFailedError
from handoff.generations.outcomes import OUTCOMES
from handoff.generations.providers.base import ImageProvider, Picture
from handoff.jobs.queues.base import Report

FILLING = bytes(range(256)) * 400
PICTURES = {
    "image/png": b"\x89PNG\r\n\x1a\n" + FILLING + b"\0\0\0\0IEND\xae\x42\x60\x82",
    "image/jpeg": b"\xff\xd8\xff\xe0" + FILLING.replace(b"\xff", b"\0") + b"\xff\xd9",
    "image/webp": b"RIFF" + (len(FILLING) + 8).to_bytes(4, "little") + b"WEBPVP8 " + FILLING,
}
"""As much of each as tells its type, and that all of it is there."""
REFUSALS = {
    "content_policy": False,
    "quota_exhausted": False,
    "provider_refused": False,
    "rate_limited": True,
    "provider_unavailable": True,
}
"""What every provider can answer, and whether another attempt can help."""
HOSTILE = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"data": 1}',
    b'{"error": 1}',
    b"[" * 100_000,
    b"\xff\xfe",
    b"<html>",
    b"\0" * 99,
)


class ImageProviderFixtures:
    """The fixtures of a provider's tests. One that is missing is an error, not a test less."""

    @pytest.fixture
    def provider(self) -> ImageProvider:
        """A provider that can make calls and read answers."""
        raise NotImplementedError("provider")

    @pytest.fixture
    def answer_with(self) -> Callable[[bytes], Report]:
        """What the queue reports of a call that succeeded with these bytes for its picture."""
        raise NotImplementedError("answer_with")

    @pytest.fixture
    def refusals(self) -> Mapping[str, Report]:
        """The vendor's own answer for each name in REFUSALS."""
        raise NotImplementedError("refusals")


class ImageProviderConformance(ImageProviderFixtures):
    """Every promise of an image provider."""

    def test_its_names_fit_into_addresses_and_settings(self, provider: ImageProvider) -> None:
        assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in (provider.name, provider.credential))
        assert provider.sizes
        assert provider.qualities

    def test_a_call_goes_over_http_and_carries_no_credential(self, provider: ImageProvider) -> None:
        call = provider.call(Picture("a fox", provider.sizes[0], provider.qualities[0]))
        assert re.match("https?://[^@/]+/", call.url)
        assert "authorization" not in {name.lower() for name in call.headers}

    def test_each_prompt_size_and_quality_makes_a_call_of_its_own(self, provider: ImageProvider) -> None:
        pictures = [Picture(*wanted) for wanted in product(("a fox", 'a "雪"'), provider.sizes, provider.qualities)]
        calls = [provider.call(picture) for picture in pictures]
        assert len({(call.url, call.body) for call in calls}) == len(pictures)

    @pytest.mark.parametrize("kind", PICTURES)
    def test_a_picture_is_read_whole_and_its_type_told_by_its_bytes(
        self, provider: ImageProvider, answer_with: Callable[[bytes], Report], kind: str
    ) -> None:
        assert read(provider, answer_with(PICTURES[kind])) == (kind, PICTURES[kind])

    @pytest.mark.parametrize("kind", PICTURES)
    def test_a_picture_without_its_end_is_refused_and_not_paid_for_again(
        self, provider: ImageProvider, answer_with: Callable[[bytes], Report], kind: str
    ) -> None:
        assert failure(provider, answer_with(PICTURES[kind][:-300])) == ("answer_truncated", False)

    @pytest.mark.parametrize("content", [b"<svg onload=alert(1)>" * 9, b"GIF89a" * 9, b"%PDF-1.7" * 9])
    def test_what_is_no_picture_is_refused_and_not_paid_for_again(
        self, provider: ImageProvider, answer_with: Callable[[bytes], Report], content: bytes
    ) -> None:
        assert failure(provider, answer_with(content)) == ("not_an_image", False)

    @pytest.mark.parametrize("outcome", REFUSALS)
    def test_a_refusal_has_its_name_and_says_whether_another_attempt_can_help(
        self, provider: ImageProvider, refusals: Mapping[str, Report], outcome: str
    ) -> None:
        assert failure(provider, refusals[outcome]) == (outcome, REFUSALS[outcome])

    def test_no_answer_is_a_timeout_and_may_be_tried_again(self, provider: ImageProvider) -> None:
        assert failure(provider, Report(source_body=b"")) == ("provider_timeout", True)

    @pytest.mark.parametrize("status", [200, 204, 302, 400, 404, 418, 429, 500, 599])
    @pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
    def test_whatever_else_is_answered_has_a_name_that_people_have_words_for(
        self, provider: ImageProvider, status: int, body: bytes
    ) -> None:
        outcome, retryable = failure(provider, Report(b"", status, body=body))
        assert outcome in OUTCOMES
        assert not (retryable and status == 200), "a picture that was paid for is not asked for again"

    def test_an_error_says_its_name_and_no_word_of_the_vendors(
        self, provider: ImageProvider, refusals: Mapping[str, Report]
    ) -> None:
        for outcome, report in refusals.items():
            with pytest.raises(JobFailedError) as caught:
                read(provider, report)
            assert str(caught.value) == outcome
            assert caught.value.__cause__ is None


def read(provider: ImageProvider, report: Report) -> tuple[str, bytes]:
    with provider.read(report, _nothing_is_opened) as image:
        return image.content_type, b"".join(image.chunks)


def failure(provider: ImageProvider, report: Report) -> tuple[str, bool]:
    with pytest.raises(JobFailedError) as caught:
        read(provider, report)
    return caught.value.outcome, caught.value.retryable


@contextmanager
def _nothing_is_opened(url: str) -> Iterator[list[bytes]]:
    raise AssertionError("no answer here names a URL")
    yield []
