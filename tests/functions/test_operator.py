"""`handoff jobs`: an operator sees everybody's runs and messages, and has one made again that failed."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from infra.local.cli import main
from tests.support.handoff import Handoff
from tests.support.servers import Source

Jobs = Callable[..., tuple[int, str]]


@pytest.fixture
def jobs(handoff: Handoff, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """The command, where nothing runs and the environment has the database alone."""
    monkeypatch.delenv("QUEUE_PROVIDER", raising=False)
    monkeypatch.delenv("QSTASH_TOKEN", raising=False)

    def run(*arguments: str, **environment: str) -> tuple[int, str]:
        for name, value in {"DATABASE_URL": handoff.direct_database_url, **environment}.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = main(["--folder", str(tmp_path / "nothing"), "jobs", *arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def failed_export(handoff: Handoff, source: Source) -> str:
    export_id = handoff.person().request_export()
    body, source.body = source.body, b"no PDF"
    assert handoff.deliver(export_id).status == 489
    source.body = body
    return export_id


def test_runs_are_counted_by_state_and_kind_and_what_waits_to_be_sent_is_told(
    handoff: Handoff, source: Source, jobs: Jobs
) -> None:
    failed = failed_export(handoff, source)
    handoff.person().ready_export()
    for _ in range(2):
        handoff.person().request_export()
    handoff.signed_in().request_images(3)
    handoff.rows(
        "INSERT INTO message_outbox"
        " VALUES (gen_random_uuid(), 'record_call_event', '', 4, now(), now() - '1h'::interval)"
    )
    code, told = jobs()
    assert code == 0
    rows = [re.split(r"\s+", line.strip()) for line in told.splitlines()]
    assert [(row[0], int(row[1]), row[2]) for row in rows if row[-1:] and row[2:3] and row[2].endswith(",")] == [
        ("queued", 3, "generate_image,"), ("queued", 2, "produce_export,"),
        ("ready", 1, "produce_export,"), ("failed", 1, "produce_export,"),
    ]  # fmt: skip
    assert re.search(r"outbox +5  the oldest for \d+ s; 0 are due", told)
    assert re.search(r"held +1  the oldest for 36\d\d s; sent by the sweep 4 times", told)
    assert re.search(r"dead letters +\?  QUEUE_PROVIDER=qstash needs QSTASH_TOKEN\.", told)
    assert re.search(rf"{failed}  [\d-]+ [\d:]+  failed +produce_export  not_a_pdf", told)
    handoff.rows("UPDATE outbox SET publish_after = now()")
    assert "5 are due" in jobs("list")[1]


def test_nothing_is_said_to_be_where_nothing_is(jobs: Jobs) -> None:
    code, told = jobs("list")
    assert code == 0
    assert re.search(r"Runs\n +none", told)
    assert re.search(r"outbox +0  .*\n +held +0 ", told)


def test_a_run_is_shown_with_where_it_stands_and_why(handoff: Handoff, source: Source, jobs: Jobs) -> None:
    failed = failed_export(handoff, source)
    code, told = jobs("show", failed)
    rows = dict(re.findall(r"^  (\w[\w ]*?)  +(.*)$", told, re.MULTILINE))
    assert code == 0
    assert (rows["kind"], rows["state"], rows["outcome"]) == ("produce_export, source-pdf", "failed", "not_a_pdf")
    assert rows["attempt"] == "1 of 4, in try 1"
    assert rows["reference"] == handoff.rows("SELECT outcome_request FROM runs")[0]["outcome_request"]
    assert {"requested", "started", "ended", "deadline"} <= rows.keys()
    assert not {"lease until", "message due", "given up"} & rows.keys()
    assert not [value for name, value in handoff.environment.items() if name.endswith("_URL") and value in told]
    assert "message due" in jobs("show", handoff.person().request_export())[1]


def test_a_failed_run_is_made_again_by_its_operator_and_is_its_owners(
    handoff: Handoff, source: Source, jobs: Jobs
) -> None:
    person = handoff.person()
    export_id = person.request_export()
    body, source.body = source.body, b"no PDF"
    assert handoff.deliver(export_id).status == 489
    source.body = body
    handoff.queue.published.clear()
    code, told = jobs("retry", export_id)
    assert (code, told) == (0, f"{export_id} is queued again; the next sweep sends it, within a minute.\n")
    assert person.export(export_id)["state"] == "queued"
    handoff.sweep()
    (message,) = handoff.queue.published
    assert message.json == {"id": export_id, "try": 3}
    assert handoff.deliver(export_id, run_try=3).status == 200
    assert person.export(export_id)["state"] == "ready"
    assert jobs("retry", export_id) == (
        2, "Only a failed, canceled or timed-out run can be tried again; this one is ready.\n"
    )  # fmt: skip


def test_a_retry_stays_within_the_owners_places(handoff: Handoff, source: Source, jobs: Jobs) -> None:
    person = handoff.person()
    export_id = person.request_export()
    source.body = b"no PDF"
    assert handoff.deliver(export_id).status == 489
    person.request_export()
    code, told = jobs("retry", export_id, MAX_ACTIVE_RUNS="1")
    assert (code, "still unfinished" in told) == (2, True), told
    assert handoff.rows("SELECT state::text FROM runs WHERE try > 1") == []


@pytest.mark.parametrize(
    ("action", "environment", "told"),
    [
        (("show", str(uuid4())), {}, "There is no run of that id."),
        (("retry", str(uuid4())), {}, "There is no run of that id."),
        ((), {"DATABASE_URL": ""}, "Nothing runs here: start it with `make dev`, or name a database in DATABASE_URL."),
        ((), {"DATABASE_URL": "mysql://x"}, "DATABASE_URL must be postgresql://user:password@host/database"),
        ((), {"DATABASE_URL": "postgresql://u:canary@127.0.0.1:1/x"}, "The database does not answer"),
        (("retry", str(uuid4())), {"MAX_ACTIVE_RUNS": "many"}, "MAX_ACTIVE_RUNS must be"),
    ],
)
def test_what_cannot_be_is_named(action: tuple[str, ...], environment: dict[str, str], told: str, jobs: Jobs) -> None:
    code, said = jobs(*action, **environment)
    assert (code, said.startswith(told)) == (2, True), said
    assert "canary" not in said


def test_a_database_that_is_none_of_handoffs_is_named(handoff: Handoff, jobs: Jobs) -> None:
    other = handoff.direct_database_url.rsplit("/", 1)[0] + "/postgres"
    code, said = jobs(DATABASE_URL=other)
    assert (code, said) == (2, "The database refused: UndefinedTable. Is it one of Handoff's, and migrated?\n")
