"""Typesetting is bounded: in time, in memory, and in what it may say."""

import subprocess
from pathlib import Path
from signal import SIGKILL
from subprocess import Popen
from typing import Any
from unittest.mock import patch

import pytest

from handoff.errors import JobFailedError
from handoff.exports import typeset as typesetting
from handoff.exports.typeset import typeset

NUMBERS = "#set document(title: [Numbers])\n#table(columns: 6, ..range({}).map(str))"


def made(template: Path, *, seconds: float = 60) -> bytes:
    with typeset(template, {}, made_at=0, seconds=seconds) as chunks:
        return b"".join(chunks)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return tmp_path / "numbers.typ"


def test_what_takes_too_long_is_ended_when_its_time_is_over(template: Path) -> None:
    template.write_text("#for one in range(100000) { for other in range(100000) {} }")
    with pytest.raises(JobFailedError) as failed:
        made(template, seconds=0.5)
    assert (failed.value.outcome, failed.value.retryable) == ("typeset_timeout", True)


def test_what_takes_too_much_memory_is_ended_by_name_and_not_tried_again(template: Path) -> None:
    template.write_text(NUMBERS.format(60_000))
    with patch.object(typesetting, "MEMORY_BYTES", 150 * 1024 * 1024), pytest.raises(JobFailedError) as failed:
        made(template)
    assert (failed.value.outcome, failed.value.retryable) == ("typeset_too_large", False)


def test_a_template_that_is_wrong_is_a_bug_of_ours(template: Path) -> None:
    template.write_text("#nothing")
    with pytest.raises(RuntimeError, match="unknown variable: nothing"):
        made(template)


def test_a_reader_that_goes_away_leaves_no_process(template: Path) -> None:
    template.write_text("#for one in range(100000) { for other in range(100000) {} }")
    started = []

    def start(*arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        started.append(Popen(*arguments, **options))
        return started[-1]

    with (
        patch.object(subprocess, "Popen", start),
        pytest.raises(LookupError),
        typeset(template, {}, made_at=0, seconds=60),
    ):
        raise LookupError
    assert [process.poll() for process in started] == [-SIGKILL]
