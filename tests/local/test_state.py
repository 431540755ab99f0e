"""The folder .handoff: secrets are private and kept; two stacks keep out of each other's way."""

from pathlib import Path

import pytest

from infra.local.errors import AlreadyRunningError, LocalError
from infra.local.state import State


def test_keys_are_made_once_and_are_their_owners_alone(tmp_path: Path) -> None:
    keys = State(tmp_path / "state").keys()
    assert State(tmp_path / "state").keys() == keys
    assert (tmp_path / "state" / "keys.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert all(len(key) >= 32 for key in keys.values())
    assert State(tmp_path / "other").keys() != keys


def test_keys_are_not_made_anew_for_a_database_that_has_the_old_ones(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.postgres.mkdir()
    with pytest.raises(LocalError, match="begin anew"):
        state.keys()


def test_a_second_run_in_the_same_folder_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert state.running_stack() is None
    with state.locked():
        about = {"pid": 7, "page": "http://localhost:8000"}
        state.write_stack(about)
        assert State(tmp_path).running_stack() == about
        with (
            pytest.raises(AlreadyRunningError, match=r"process 7, http://localhost:8000.*Ctrl-C"),
            State(tmp_path).locked(),
        ):
            pass
    assert state.running_stack() is None


def test_what_a_killed_run_left_is_not_believed(tmp_path: Path) -> None:
    State(tmp_path).write_stack({"pid": 7})
    assert State(tmp_path).running_stack() is None


def test_the_logs_of_the_run_before_are_kept(tmp_path: Path) -> None:
    state = State(tmp_path)
    for run in ("first", "second", "third"):
        state.rotate_logs()
        (state.logs / "gateway.jsonl").write_text(run)
    assert (tmp_path / "logs.previous" / "gateway.jsonl").read_text() == "second"
