"""While the provider works no function of ours runs, so that nobody pays for its waiting."""

import os

import pytest

from infra.local.stack import Options
from tests.support.images import SIGN_IN, Customer, log
from tests.support.stack import local_stack, wait_for

SECONDS = 60 if os.environ.get("HANDOFF_HEAVY") == "1" else 3
"""What the provider takes."""
ANSWER = "POST /api/worker/{provider}/{id}"


def test_no_function_runs_between_the_request_and_the_answer(tmp_path_factory: pytest.TempPathFactory) -> None:
    # [slow] takes ten times 3 s by the speed; nobody looks.
    options = Options(speed=30 / SECONDS, sweep_interval=3600)
    with local_stack(tmp_path_factory.mktemp("idle"), options, **SIGN_IN) as stack:
        customer = Customer(stack)
        generation_id = customer.request_images("[slow] a snail")
        wait_for(lambda: any(line.get("route") == ANSWER for line in log(stack, "gateway")), SECONDS + 60)
        # Not the sweep: it comes every minute, whether there are images or not.
        lines = [line for line in log(stack, "gateway") if line.get("function") and line["route"] != "schedule"]
        (call,) = log(stack, "openai")
        assert customer.wait_for_image(generation_id)["state"] == "ready"
    asked = next(n for n, line in enumerate(lines) if line["route"] == "POST /api/generations")
    assert [line["route"] for line in lines[asked:]] == ["POST /api/generations", ANSWER]
    assert call["milliseconds"] >= SECONDS * 1000
    billed = {line["route"]: line["duration_ms"] for line in lines[asked:]}
    print(f"the provider took {call['milliseconds']} ms, our functions {billed}")
