"""What the load looks for when it is over, in a database where it is, and in one where it is not."""

from pathlib import Path

import pytest

from tests.bench.load.checks import findings
from tests.support.handoff import Handoff


def test_nothing_is_found_where_every_export_became_ready_once(handoff: Handoff, tmp_path: Path) -> None:
    handoff.person().ready_export()
    assert findings(handoff.direct_database_url, logs(tmp_path), {}, 1) == []


def test_a_message_that_is_left_and_its_export_are_found(handoff: Handoff, tmp_path: Path) -> None:
    handoff.person().request_export()
    assert findings(handoff.direct_database_url, logs(tmp_path), {}, 1) == [
        "1 exports are queued, or have not exactly one file and link",
        "1 messages are left in the outbox",
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("DELETE FROM links", "1 exports are ready, or have not exactly one file and link"),
        ("UPDATE runs SET attempt = 2", "1 exports took more than one attempt"),
        ("DELETE FROM runs", "1 exports were asked for, and 0 are there"),
    ],
)
def test_what_was_lost_or_done_twice_is_found(change: str, sentence: str, handoff: Handoff, tmp_path: Path) -> None:
    handoff.person().ready_export()
    handoff.rows(change)
    assert findings(handoff.direct_database_url, logs(tmp_path), {}, 1) == [sentence]


def test_an_error_in_a_log_is_found_and_named(handoff: Handoff, tmp_path: Path) -> None:
    folder = logs(tmp_path)
    (folder / "status.jsonl").write_text('{"level": "ERROR"}\n')
    assert findings(handoff.direct_database_url, folder, {}, 0) == ['status.jsonl: {"level": "ERROR"}']
    assert findings(handoff.direct_database_url, folder, {"status.jsonl": 19}, 0) == []


def logs(folder: Path) -> Path:
    made = folder / "logs"
    made.mkdir()
    return made
