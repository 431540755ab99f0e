"""The whole stack with a Trigger.dev of this machine's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.stack import Options
from tests.support.stack import LocalStack, local_stack, wait_for


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(tmp_path_factory.mktemp("trigger_dev"), Options(), QUEUE_PROVIDER="trigger_dev") as running:
        yield running


def test_an_export_is_carried_by_the_task_and_its_link_gives_it(stack: LocalStack) -> None:
    visitor = stack.visitor()
    export = visitor.wait_for_end(visitor.request_export())
    assert export["state"] == "ready", export["problem"]
    assert visitor.http.get(export["links"][0]["url"]).content.startswith(b"%PDF")


def test_a_trigger_dev_that_was_killed_comes_back_and_carries_the_next(stack: LocalStack) -> None:
    before = stack.service_pid("Trigger.dev")
    (node,) = Path(f"/proc/{before}/task/{before}/children").read_text().split()
    stack.kill("Trigger.dev")
    wait_for(lambda: stack.service_pid("Trigger.dev") != before)
    wait_for(lambda: not Path(f"/proc/{node}").exists())
    visitor = stack.visitor()
    assert visitor.wait_for_end(visitor.request_export())["state"] == "ready"
