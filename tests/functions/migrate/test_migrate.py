"""The schema is brought up to date at a deployment, and the deployment is told what became of it."""

import threading
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from handoff.wiring import Wiring
from infra.local.postgres import Postgres
from schema import migrate as runner
from schema.migrate import ROLE_SETTINGS, migrate
from tests.functions.migrate.conftest import SECRET, CloudFormation, Migrations, tables

RUNS = {"runs", "links", "visits", "files", "outbox", "calls"}


def test_a_first_deployment_makes_the_schema(cloudformation: CloudFormation, empty_database: str) -> None:
    answer = cloudformation.ask("Create", empty_database)
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {"Applied": "0001_exports 0002_runs 0003_generations 0004_calls"}
    assert tables(empty_database) >= RUNS


def test_the_answer_is_sent_as_its_address_was_signed(cloudformation: CloudFormation, empty_database: str) -> None:
    cloudformation.ask("Create", empty_database)
    assert cloudformation.content_types == [""]


def test_an_answer_that_is_not_taken_is_sent_again(cloudformation: CloudFormation, empty_database: str) -> None:
    cloudformation.refusals = 2
    assert cloudformation.ask("Create", empty_database)["Status"] == "SUCCESS"
    cloudformation.refusals = 3
    with pytest.raises(ConnectionError):
        cloudformation.ask("Create", empty_database)


def test_a_later_deployment_applies_what_has_come(
    cloudformation: CloudFormation, migrations: Migrations, empty_database: str
) -> None:
    first = cloudformation.ask("Create", empty_database)
    migrations.add("0005_more", "CREATE TABLE more (id int PRIMARY KEY);")
    second = cloudformation.ask("Update", empty_database, version=2, was=first["PhysicalResourceId"])
    assert second["Data"] == {"Applied": "0005_more"}
    assert second["PhysicalResourceId"] != first["PhysicalResourceId"]
    assert "more" in tables(empty_database)


def test_a_migration_that_fails_fails_the_deployment_and_leaves_the_schema_as_it_was(
    cloudformation: CloudFormation, migrations: Migrations, empty_database: str
) -> None:
    first = cloudformation.ask("Create", empty_database)
    before = tables(empty_database)
    migrations.add("0005_wrong", "CREATE TABLE half (id int); ALTER TABLE runs ADD COLUMN state text;")
    second = cloudformation.ask("Update", empty_database, version=2, was=first["PhysicalResourceId"])
    assert (second["Status"], second["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert second["Reason"] == (
        "The database was not migrated: 0005_wrong failed and left nothing behind: "
        'column "state" of relation "runs" already exists (SQLSTATE 42701).'
    )
    assert tables(empty_database) == before
    # The deployment goes back, and the next one, mended, is whole.
    back = cloudformation.ask("Update", empty_database, version=1, was=first["PhysicalResourceId"])
    assert (back["Status"], back["PhysicalResourceId"]) == ("SUCCESS", first["PhysicalResourceId"])
    migrations.add("0005_wrong", "CREATE TABLE half (id int);")
    assert cloudformation.ask("Update", empty_database, version=3, was=back["PhysicalResourceId"])["Data"] == {
        "Applied": "0005_wrong"
    }


def test_going_back_needs_no_database(cloudformation: CloudFormation, empty_database: str) -> None:
    """Otherwise a database that does not answer would leave a stack that can go neither forward nor back."""
    was = cloudformation.ask("Create", empty_database)["PhysicalResourceId"]
    nobody = "postgresql://handoff:pass-word@127.0.0.1:1/none"
    assert cloudformation.ask("Update", nobody, version=2, was=was)["Status"] == "FAILED"
    assert cloudformation.ask("Update", nobody, version=1, was=was)["Status"] == "SUCCESS"


def test_deleting_the_stack_deletes_nothing(cloudformation: CloudFormation, empty_database: str) -> None:
    was = cloudformation.ask("Create", empty_database)["PhysicalResourceId"]
    before = tables(empty_database)
    # With it, and what it replaced at a deployment; whether the database answers or not.
    nobody = "postgresql://handoff:pass-word@127.0.0.1:1/none"
    for url, of in ((empty_database, was), (empty_database, "schema-of-before"), (nobody, "schema-of-before")):
        assert cloudformation.ask("Delete", url, was=of)["Status"] == "SUCCESS"
    assert tables(empty_database) == before


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://handoff:pass-word@127.0.0.1:1/none", "does not let us in: Connection refused"),
        ("postgresql://handoff:pass-word@nowhere.invalid/none", "does not let us in: failed to resolve its host"),
        ("postgresql://handoff:pass-word@127.0.0.1/none?sslmode=most", "invalid sslmode value"),
        ("postgresql://handoff:pass word@127.0.0.1/none", "cannot be read as a URL of Postgres"),
    ],
)
def test_a_database_that_does_not_answer_is_told_without_its_address_and_password(
    url: str, why: str, cloudformation: CloudFormation, log_lines: list[dict[str, Any]]
) -> None:
    answer = cloudformation.ask("Create", url)
    assert answer["Status"] == "FAILED"
    assert why in answer["Reason"]
    told = f"{answer} {log_lines}"
    assert not [secret for secret in ("pass-word", "pass word", "127.0.0.1", "nowhere", "X-Amz") if secret in told]
    assert [line["message"] for line in log_lines] == ["not migrated"]


def test_a_wrong_password_is_told_without_it(cloudformation: CloudFormation, empty_database: str) -> None:
    wrong = empty_database.replace("@", "-wrong@")
    reason = cloudformation.ask("Create", wrong)["Reason"]
    assert "password authentication failed" in reason
    assert "-wrong" not in reason


def test_a_first_deployment_without_a_database_says_what_to_do(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handoff.settings.read_secret", lambda arn, environment: {"DATABASE_URL": ""})
    for name, value in (("SECRET_ARNS", SECRET), ("DATABASE_URL", "")):
        monkeypatch.setenv(name, value)
    answer = cloudformation.ask("Create", None)
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == (
        f"migrate cannot start: DATABASE_URL is not set (Postgres 15 or later). Fill in {SECRET} and deploy once more."
    )


def test_a_role_that_may_not_make_tables_is_told_so(
    cloudformation: CloudFormation, empty_database: str, postgres: Postgres
) -> None:
    """Since Postgres 15 only the database's owner may, in its schema `public`."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE visitor LOGIN PASSWORD 'visiting'")
    try:
        parts = urlsplit(empty_database)
        url = parts._replace(netloc=f"visitor:visiting@{parts.hostname}:{parts.port}").geturl()
        answer = cloudformation.ask("Create", url)
        assert answer["Status"] == "FAILED"
        assert answer["Reason"] == (
            "The database was not migrated: the role of DATABASE_URL may not do this, or cannot: permission denied for "
            "schema public (SQLSTATE 42501)."
        )
    finally:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("DROP ROLE visitor")


def test_whatever_url_the_functions_read_is_read_alike(cloudformation: CloudFormation, empty_database: str) -> None:
    """Two hosts, of which the first is not there, as libpq allows."""
    parts = urlsplit(empty_database)
    user, _, address = parts.netloc.rpartition("@")
    several = parts._replace(netloc=f"{user}@127.0.0.1:1,{address}").geturl()
    assert cloudformation.ask("Create", several)["Status"] == "SUCCESS"


def test_a_bug_is_told_by_its_kind_alone(
    cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch, empty_database: str
) -> None:
    def broken(wiring: Wiring) -> None:
        raise RuntimeError(empty_database)

    monkeypatch.setattr(Wiring, "settings", property(broken))
    monkeypatch.setenv("SECRET_ARNS", SECRET)
    reason = cloudformation.ask("Create", None)["Reason"]
    assert reason == "RuntimeError, of which the log of the function migrate says more."


def test_migrations_go_around_a_pooler_where_the_secret_says_how(
    cloudformation: CloudFormation, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_DIRECT_URL", empty_database)
    answer = cloudformation.ask("Create", "postgresql://handoff:none@127.0.0.1:1/pooled")
    assert answer["Status"] == "SUCCESS"


def test_two_deployments_at_once_migrate_one_after_the_other(empty_database: str) -> None:
    applied: list[list[str]] = []
    both = [threading.Thread(target=lambda: applied.append(migrate(empty_database))) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(map(len, applied)) == [0, 4]


def test_a_migration_may_take_longer_than_a_request_and_waits_for_a_lock_much_shorter(
    migrations: Migrations, database_url: str
) -> None:
    """The role's own limits are for requests. Looked at where a migration runs: in a connection of its own."""
    settings = "SELECT name, setting FROM pg_settings WHERE name LIKE '%_timeout'"
    migrations.add("0005_look", f"CREATE TABLE looked AS {settings};")
    migrate(database_url, migrations.folder)
    with psycopg.connect(database_url) as connection:
        during: dict[str, str] = dict(connection.execute("SELECT * FROM looked").fetchall())
        after: dict[str, str] = dict(connection.execute(settings).fetchall())
    assert (during["statement_timeout"], during["lock_timeout"]) == ("600000", "500")
    assert (after["statement_timeout"], after["lock_timeout"]) == ("5000", "2000")
    assert ROLE_SETTINGS["statement_timeout"] == "5s"


def test_an_index_is_built_amid_whoever_is_at_the_table_and_again_where_that_failed(
    migrations: Migrations, database_url: str
) -> None:
    """As the head of schema/migrate.py says how. That of a failed one is there, but invalid."""
    migrations.add(
        "0005_index",
        "-- transactional: false\nSET lock_timeout = '1min';\nDROP INDEX CONCURRENTLY IF EXISTS runs_more;\n"
        "CREATE INDEX CONCURRENTLY runs_more ON runs (created_at);",
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE INDEX runs_more ON runs (created_at)")
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'runs_more'::regclass")
        assert migrate(database_url, migrations.folder) == ["0005_index"]
        valid = connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'runs_more'::regclass")
        assert valid.fetchone() == (True,)


def test_what_a_migration_that_is_no_transaction_may_have_left_is_told(
    migrations: Migrations, database_url: str
) -> None:
    migrations.add("0005_index", "-- transactional: false\nCREATE INDEX CONCURRENTLY runs_more ON runs (nothing);")
    with pytest.raises(runner.MigrationError, match=r"^0005_index failed, and may have left an invalid index: column"):
        migrate(database_url, migrations.folder)


def test_a_migration_waits_for_whoever_has_the_table_but_not_for_ever(
    migrations: Migrations, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(runner.MIGRATION_SETTINGS, "lock_timeout", "20ms")
    migrations.add("0005_column", "ALTER TABLE runs ADD COLUMN more text;")
    pauses: list[float] = []
    with psycopg.connect(database_url) as connection:

        def paused(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == stops_at:
                connection.rollback()

        monkeypatch.setattr("schema.migrate.time.sleep", paused)
        stops_at = 0
        connection.execute("LOCK TABLE runs IN ACCESS SHARE MODE")
        with pytest.raises(
            runner.MigrationError, match=r"^0005_column found something locked, 20 times and left nothing"
        ):
            migrate(database_url, migrations.folder)
        assert pauses == [runner.PAUSE_SECONDS] * 19
        stops_at = 21
        assert migrate(database_url, migrations.folder) == ["0005_column"]
