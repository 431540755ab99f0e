"""`handoff deadletters`: with each queue, what was given up is listed, shown, delivered again and dropped."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from handoff.settings import SETTINGS
from infra.local.dead_letters.base import LONGEST_TEXT, shown
from infra.local.parts import QUEUES
from infra.local.stack import Options
from tests.support.stack import LocalStack, Visitor, local_stack, wait_for


@pytest.fixture(scope="module", params=QUEUES)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("letters")
    pdf = folder / "report.pdf"
    pdf.write_bytes(b"%PDF-1.7\n")
    settings = {"QUEUE_PROVIDER": request.param, "JOB_RETRIES": "0", "LEASE_SECONDS": "30"}
    with local_stack(folder / "state", Options(pdf=pdf, speed=10), **settings) as running:
        pdf.unlink()  # so that every export fails
        yield running


@pytest.fixture
def visitor(stack: LocalStack) -> Visitor:
    return stack.visitor()


def deadletters(stack: LocalStack, *arguments: str) -> tuple[int, str]:
    """What the command says, errors included."""
    return handoff(stack.state.folder, "deadletters", *arguments)


def handoff(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "infra.local.cli", "--folder", str(folder), *arguments]
    ours = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    told = subprocess.run(command, capture_output=True, text=True, env={**ours, **environment}, timeout=60, check=False)
    return told.returncode, told.stdout + told.stderr


def given_up(stack: LocalStack, visitor: Visitor) -> tuple[str, str]:
    """A run that failed, and its dead letter."""
    before = deadletters(stack)[1]
    run_id = visitor.request_export()
    assert visitor.wait_for_end(run_id)["state"] == "failed"

    def listed() -> list[str]:
        return [line for line in deadletters(stack, "list")[1].splitlines() if line not in before]

    wait_for(listed)
    (line,) = listed()
    return run_id, line.split()[0]


def test_what_is_given_up_is_listed_and_shown_until_it_is_dropped(stack: LocalStack, visitor: Visitor) -> None:
    run_id, letter = given_up(stack, visitor)
    code, listed = deadletters(stack, "list")
    assert (code, "/api/jobs/produce_export" in listed, letter in listed) == (0, True, True)
    counted = re.search(r"dead letters +(\d+)  see", handoff(stack.state.folder, "jobs")[1])
    assert counted
    assert int(counted[1]) == len(listed.splitlines())
    code, told = deadletters(stack, "show", letter)
    assert (code, run_id in told, "POST" in told, "/api/jobs/produce_export" in told) == (0, True, True, True)
    secrets = [value for name, value in stack.settings.items() if name.endswith(("TOKEN", "KEY", "KEYS"))]
    assert secrets
    assert not [secret for secret in secrets if secret in told + listed]
    assert deadletters(stack, "drop", letter) == (0, f"{letter} is dropped.\n")
    assert letter not in deadletters(stack, "list")[1]
    given_up(stack, visitor)  # what came after it has been delivered
    assert claims(stack.state.logs, run_id) == 1


def test_what_is_delivered_again_is_no_dead_letter_any_more(stack: LocalStack, visitor: Visitor) -> None:
    run_id, letter = given_up(stack, visitor)
    assert claims(stack.state.logs, run_id) == 1
    assert deadletters(stack, "retry", letter) == (0, f"{letter} is delivered again.\n")
    wait_for(lambda: claims(stack.state.logs, run_id) == 2)
    assert letter not in deadletters(stack, "list")[1]


def test_an_unknown_dead_letter_is_named(stack: LocalStack) -> None:
    code, told = deadletters(stack, "drop", "run_none")
    assert (code, "The queue has no dead letter run_none" in told) == (2, True)


def claims(logs: Path, run_id: str) -> int:
    """How often a delivery asked for the run, by the functions' own logs."""
    lines = [line for log in logs.glob("c*.jsonl") for line in log.read_text().splitlines()]
    return len([line for line in lines if f'"{run_id}"' in line and '"message":"claim"' in line])


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "QUEUE_PROVIDER=qstash needs QSTASH_TOKEN."),
        ({"QUEUE_PROVIDER": "kafka"}, "QUEUE_PROVIDER=kafka: known are qstash, trigger_dev, sqs."),
        ({"QSTASH_TOKEN": "canary", "QSTASH_URL": "http://127.0.0.1:1"}, "The queue does not answer: ConnectError."),
        (
            {"QUEUE_PROVIDER": "trigger_dev", "TRIGGER_SECRET_KEY": "canary", "TRIGGER_URL": "http://127.0.0.1:1"},
            "The queue does not answer: ConnectError.",
        ),
    ],
)
def test_without_a_running_stack_the_environment_names_the_queue(
    tmp_path: Path, environment: dict[str, str], told: str
) -> None:
    assert handoff(tmp_path, "deadletters", "list", **environment) == (2, told + "\n")


def test_a_body_cannot_move_a_terminals_cursor_and_is_shown_in_part_when_long() -> None:
    assert shown("a\x1b[2Jb\nc") == "a·[2Jb\nc"
    assert shown("x" * 2000) == "x" * LONGEST_TEXT + " … (2000 characters)"
