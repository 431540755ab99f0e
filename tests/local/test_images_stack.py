"""Images on the whole stack: the local QStash calls the mock of OpenAI, and brings what came of it to the callback."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image as Pillow

from infra.local.stack import Options
from tests.support.images import SIGN_IN, Customer, log
from tests.support.stack import LocalStack, local_stack

RETRIES = 1
LONG = 90.0
"""Seconds: all of it happens at once, and the queue waits 5 s before it tries again, as it does on AWS."""

ENDINGS = {
    "[fail: content policy]": ("failed", "content_policy", 1),
    "[fail: quota]": ("failed", "quota_exhausted", 1),
    "[fail: key]": ("failed", "provider_refused", 1),
    "[fail: rate limit]": ("failed", "rate_limited", 1 + RETRIES),
    "[fail: error]": ("failed", "provider_unavailable", 1 + RETRIES),
    "[fail: overloaded]": ("failed", "provider_unavailable", 1 + RETRIES),
    "[fail: hang up]": ("failed", "provider_timeout", 1 + RETRIES),
    "[fail: never]": ("failed", "provider_timeout", 1 + RETRIES),
    "[fail: truncated]": ("failed", "answer_truncated", 1),
    "[fail: unreadable]": ("failed", "answer_unreadable", 1),
    "[fail: not an image]": ("failed", "not_an_image", 1),
    "[fail: too large]": ("failed", "too_large", 1),
    "[fail once: rate limit]": ("ready", None, 2),
    "[fail once: error]": ("ready", None, 2),
    "[fail once: hang up]": ("ready", None, 2),
    "[by url]": ("ready", None, 1),
    "a fox": ("ready", None, 1),
}
"""What is asked for: how it ends, why, and after how many attempts."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    settings = {
        "OPENAI_RETRIES": str(RETRIES), "OPENAI_TIMEOUT_SECONDS": "12", "OPENAI_PARALLELISM": "20",
        "MAX_ACTIVE_RUNS": "50",
    }  # fmt: skip
    with local_stack(tmp_path_factory.mktemp("images"), Options(), **SIGN_IN, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def customer(stack: LocalStack) -> Customer:
    return Customer(stack)


@pytest.fixture(scope="module")
def asked(customer: Customer) -> dict[str, str]:
    """The generations, all begun before the first is looked at."""
    customer.wait_for_images(customer.request_images("a first one, so that every function runs"), LONG)
    return {prompt: customer.request_images(f"A picture {prompt}", quality="low") for prompt in ENDINGS}


@pytest.mark.parametrize("prompt", ENDINGS)
def test_every_way_that_a_call_can_go_ends_an_image_by_name(
    customer: Customer, asked: dict[str, str], prompt: str
) -> None:
    image = customer.wait_for_image(asked[prompt], LONG)
    problem = image["problem"] and image["problem"]["code"]
    assert (image["state"], problem, image["attempt"]) == ENDINGS[prompt]
    assert image["max_attempts"] == 1 + RETRIES
    assert bool(image["links"]) == (image["state"] == "ready")


def test_what_cannot_help_is_not_tried_again_and_the_rest_no_more_than_it_may(
    stack: LocalStack, customer: Customer, asked: dict[str, str]
) -> None:
    """By the mock's own log."""
    for generation_id in asked.values():
        customer.wait_for_images(generation_id, LONG)
    calls = [line["failure"] for line in log(stack, "openai")]
    for prompt, (_, _, attempts) in ENDINGS.items():
        if prompt.startswith("[fail: "):
            name = prompt.removeprefix("[fail: ").removesuffix("]")
            assert calls.count(name) == attempts + (f"[fail once: {name}]" in ENDINGS)


@pytest.mark.parametrize(("prompt", "name"), [("a fox", "A-picture-a-fox.webp"), ("[by url]", "A-picture-by-url.webp")])
def test_a_link_gives_the_picture_under_a_name_of_its_prompt(
    customer: Customer, asked: dict[str, str], prompt: str, name: str
) -> None:
    image = customer.wait_for_image(asked[prompt], LONG)
    answer = customer.http.post(f"/api/images/{image['id']}/links")
    file = customer.http.get(answer.json()["url"], follow_redirects=True)
    assert (file.status_code, file.headers["content-type"]) == (200, "image/webp")
    assert f'filename="{name}"' in file.headers["content-disposition"]
    with Pillow.open(io.BytesIO(file.content)) as opened:
        opened.load()
        assert (opened.format, opened.size) == ("WEBP", (1024, 1024))


def test_what_a_person_tries_again_is_called_again(customer: Customer) -> None:
    generation_id = customer.request_images("[fail once: content policy] tried again", quality="low")
    image = customer.wait_for_image(generation_id, LONG)
    assert image["problem"]["code"] == "content_policy"
    customer.retry(image)
    again = customer.wait_for_image(generation_id, LONG)
    assert (again["state"], again["try"], again["id"]) == ("ready", 2, image["id"])


def test_several_pictures_of_one_prompt_are_as_many_calls(customer: Customer) -> None:
    images = customer.wait_for_images(customer.request_images("four foxes", count=4, quality="low"), LONG)
    assert [image["state"] for image in images] == ["ready"] * 4
    found = {customer.http.get(image["links"][0]["url"], follow_redirects=True).content for image in images}
    assert len(found) == 4
