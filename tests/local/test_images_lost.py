"""What is lost between the queue and the callback: an image ends within its deadline, and is never paid for twice."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest

from infra.local.environment import Addresses
from infra.local.stack import Options
from tests.support.exchange import Exchange, Fault, lost_reply, passed, reset
from tests.support.images import SIGN_IN, Customer, log
from tests.support.servers import http_server
from tests.support.stack import LocalStack, local_stack

DEADLINE = 28
LONG = DEADLINE + 30.0
FAULTS: dict[str, Fault] = {"lost": reset, "unheard": lost_reply}
WORD = re.compile(r"\((?P<which>answer|report|all) (?P<fault>lost|unheard)(?P<once> once)?\)")


class Lossy:
    """Stands before the callback. Words in a prompt say what becomes of the answer, or of the report of giving up."""

    def __init__(self) -> None:
        self.target = ("127.0.0.1", 0)
        self.met: set[str] = set()

    def respond(self, client: BaseHTTPRequestHandler) -> None:
        client.close_connection = True
        exchange = Exchange(self.target, client)
        try:
            self._fault(exchange)(exchange)
        finally:
            exchange.over.set()

    def _fault(self, exchange: Exchange) -> Fault:
        if not exchange.client.path.startswith("/api/worker/"):
            return passed
        prompt = json.loads(base64.b64decode(json.loads(exchange.body)["sourceBody"]))["prompt"]
        found = WORD.search(prompt)
        which = "report" if "/failed?" in exchange.client.path else "answer"
        if found is None or found["which"] not in (which, "all") or (found["once"] and prompt in self.met):
            return passed
        self.met.add(prompt)
        return FAULTS[found["fault"]]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    lossy = Lossy()
    with ExitStack() as exit:

        def reach(addresses: Addresses) -> Addresses:
            host, _, port = addresses.delivery.partition("://")[2].partition(":")
            lossy.target = (host, int(port))
            return replace(addresses, delivery=exit.enter_context(http_server(lossy.respond)))

        settings = {
            "RUN_DEADLINE_SECONDS": str(DEADLINE), "OPENAI_RETRIES": "1", "OPENAI_TIMEOUT_SECONDS": "10",
            "JOB_RETRIES": "0", "LEASE_SECONDS": "8", "JOB_TIME_LIMIT_SECONDS": "7", "OUTBOX_GRACE_SECONDS": "1",
            "MAX_ACTIVE_RUNS": "20",
        }  # fmt: skip
        options = Options(speed=10, sweep_interval=0.5, reach=reach)
        yield exit.enter_context(local_stack(tmp_path_factory.mktemp("lost"), options, **SIGN_IN, **settings))


ENDINGS = {
    "(answer lost)": ("timed_out", "deadline"),
    "[fail: beyond a callback]": ("timed_out", "deadline"),
    "[fail: error] (all lost)": ("timed_out", "deadline"),
    "[fail: error] (answer lost)": ("failed", "provider_unavailable"),
    "[fail: error] (report lost)": ("failed", "provider_unavailable"),
    "(answer lost once)": ("ready", None),
    "(answer unheard once)": ("ready", None),
    "[fail: content policy] (answer unheard once)": ("failed", "content_policy"),
}


@pytest.fixture(scope="module")
def customer(stack: LocalStack) -> Customer:
    return Customer(stack)


@pytest.fixture(scope="module")
def asked(customer: Customer) -> dict[str, str]:
    customer.wait_for_images(customer.request_images("a first one, so that every function runs"), LONG)
    return {prompt: customer.request_images(prompt) for prompt in ENDINGS}


@pytest.mark.parametrize("prompt", ENDINGS)
def test_an_image_ends_whatever_is_lost(
    stack: LocalStack, customer: Customer, asked: dict[str, str], prompt: str
) -> None:
    image = customer.wait_for_image(asked[prompt], LONG)
    assert (image["state"], image["problem"] and image["problem"]["code"]) == ENDINGS[prompt]
    assert image["try"] == 1
    (counts,) = stack.rows(
        """SELECT
            (SELECT count(*) FROM files WHERE run_id = %(id)s AND stored_at IS NOT NULL) AS files,
            (SELECT count(*) FROM outbox WHERE run_id = %(id)s) AS messages""",
        id=image["id"],
    )
    assert counts == {"files": int(image["state"] == "ready"), "messages": 0}


def test_no_picture_was_paid_for_twice(stack: LocalStack, customer: Customer, asked: dict[str, str]) -> None:
    """Each was answered with a picture once, whatever became of the answer; what failed was tried again, once."""
    for generation_id in asked.values():
        customer.wait_for_images(generation_id, LONG)
    calls = [(line["status"], line["failure"]) for line in log(stack, "openai")]
    assert calls.count((200, None)) == 1 + 3
    assert calls.count((200, "beyond a callback")) == 1
    assert calls.count((500, "error")) == 3 * 2
