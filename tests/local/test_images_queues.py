"""Images with the queues that make no calls by themselves, or whose task makes them."""

from collections.abc import Iterator

import pytest

from infra.local.stack import Options
from tests.support.images import SIGN_IN, Customer, log
from tests.support.stack import LocalStack, local_stack

LONG = 90.0


@pytest.fixture(scope="module", params=["sqs", "trigger_dev"])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    settings = {"QUEUE_PROVIDER": request.param, "OPENAI_RETRIES": "1", "OPENAI_TIMEOUT_SECONDS": "20"}
    with local_stack(tmp_path_factory.mktemp(request.param), Options(speed=10), **SIGN_IN, **settings) as running:
        yield running


def test_a_picture_is_made_and_its_link_gives_it(stack: LocalStack) -> None:
    customer = Customer(stack)
    image = customer.wait_for_image(customer.request_images("a fox"), LONG)
    assert (image["state"], image["attempt"]) == ("ready", 1), image["problem"]
    assert customer.http.get(image["links"][0]["url"], follow_redirects=True).content.startswith(b"RIFF")


def test_a_call_that_failed_is_made_again(stack: LocalStack) -> None:
    customer = Customer(stack)
    image = customer.wait_for_image(customer.request_images("[fail once: error] a fox"), LONG)
    assert (image["state"], image["attempt"]) == ("ready", 2), image["problem"]


def test_what_cannot_help_ends_the_image_by_name_at_once(stack: LocalStack) -> None:
    customer = Customer(stack)
    image = customer.wait_for_image(customer.request_images("[fail: content policy]"), LONG)
    assert (image["state"], image["attempt"]) == ("failed", 1)
    assert image["problem"]["code"] == "content_policy"


def test_the_key_is_in_no_log(stack: LocalStack) -> None:
    customer = Customer(stack)
    customer.wait_for_image(customer.request_images("[fail: key]"), LONG)
    assert log(stack, "openai"), "the mock was asked"
    for file in stack.state.logs.iterdir():
        assert stack.settings["OPENAI_API_KEY"].encode() not in file.read_bytes(), file.name
