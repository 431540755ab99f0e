"""What a cold start leaves out."""

import subprocess
import sys

import pytest

from infra.local.state import ROOT
from tests.support.environment import environment

FUNCTIONS = ("trigger", "callback", "status", "download", "sweep", "consume", "migrate", "sign_up")
LOOK = """
import gc, sys
sys.path.insert(0, sys.argv[1])
began = []
gc.callbacks.append(lambda phase, _: began.append(phase) if phase == "start" else None)
import app
print(len(began), gc.isenabled())
"""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_garbage_is_not_collected_while_a_function_starts_and_is_from_then_on(function: str) -> None:
    settings = environment(
        database_url="postgresql://u:p@localhost/handoff",
        queue_url="http://127.0.0.1:8080",
        storage_folder="/nowhere",
        source_url="http://127.0.0.1:9000/document",
    )
    told = subprocess.run(
        [sys.executable, "-c", LOOK, str(ROOT / f"functions/{function}")],
        env={**settings, "PYTHONPATH": str(ROOT / "functions/shared")},
        capture_output=True,
        text=True,
        check=True,
    )
    collections, is_enabled = told.stdout.split()
    # A few may come before the line that forbids them; without it there are 77 or more.
    assert int(collections) < 10
    assert is_enabled == "True"
