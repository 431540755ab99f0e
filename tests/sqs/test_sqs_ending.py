"""Where SQS is, and that nothing of it is left."""

import os
from pathlib import Path

import pytest

from tests.support.stack import local_stack, wait_for


def test_with_another_queue_no_consumer_runs_and_nothing_of_sqs_does(tmp_path: Path) -> None:
    with local_stack(tmp_path) as stack:
        assert wait_for(lambda: stack.container_pids("callback"))
        assert stack.container_pids("consume") == []
        assert "SQS" not in (stack.state.running_stack() or {})["processes"]
        assert not [name for name in stack.settings if name.startswith(("SQS_", "AWS_"))]


def test_nothing_of_it_is_left_when_the_stack_has_ended(tmp_path: Path) -> None:
    with local_stack(tmp_path, QUEUE_PROVIDER="sqs") as stack:
        pids = [stack.service_pid("SQS"), *wait_for(lambda: stack.container_pids("consume"))]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
