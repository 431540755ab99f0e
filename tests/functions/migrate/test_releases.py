"""While a deployment is under way, code and schema are of different releases for a while.

Old code on the new schema is what happens each time: migrations run first, and functions change after them, one by one.
So the code of the release before has to go on working when the newest migration has been applied: it takes nothing away
that a statement of before names, and asks for nothing of rows that such a statement does not give. New code on an old
schema happens where a deployment goes back, or a database is restored: the page's export works, what is new does not.
"""

import itertools
import shutil
from pathlib import Path

import psycopg
import pytest

from schema.migrate import MIGRATIONS, migrate
from tests.support.environment import environment
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff
from tests.support.servers import PublishEndpoint, Source

NAMES = sorted(path.stem for path in MIGRATIONS.glob("*.sql"))
RENAMED = "0002_runs"
"""Gave tables other names, when nobody had deployed the first. Code of before it cannot work."""


def up_to(name: str, folder: Path) -> Path:
    """The migrations of the release whose newest that is."""
    folder.mkdir()
    for path in MIGRATIONS.glob("*.sql"):
        if path.stem <= name:
            shutil.copy(path, folder)
    return folder


@pytest.mark.parametrize("newest", NAMES[-2:])
def test_an_export_goes_its_whole_way_on_its_own_schema_and_on_that_of_the_release_before(
    newest: str, empty_database: str, source: Source, queue: PublishEndpoint, tmp_path: Path
) -> None:
    migrate(empty_database, up_to(newest, tmp_path / "migrations"))
    settings = environment(
        database_url=empty_database, queue_url=queue.url, storage_folder=str(tmp_path / "files"), source_url=source.url
    )
    handoff = Handoff(settings, queue)
    person = handoff.person()
    export = person.ready_export()
    assert export["state"] == "ready"
    (link,) = export["links"]
    answer = invoke(handoff.download, event("GET", link["url"].partition("8000")[2]))
    assert (answer.status, answer.body[:5]) == (200, b"%PDF-")
    assert person.trigger("POST", f"/api/exports/{export['id']}/links").status == 201
    assert person.trigger("DELETE", f"/api/links/{link['id']}").status == 204
    assert person.trigger("POST", f"/api/exports/{person.request_export()}/cancel").status == 200
    assert len(person.status("/api/exports").json["items"]) == 2
    handoff.close()


# What a statement of the code before can name, or trip over. A column's default and whether it may be null are with it.
SEEN_BY_STATEMENTS = {
    "columns": """
        SELECT table_name || '.' || column_name, data_type || ' ' || udt_name || ' ' || is_nullable
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "labels of enums": """
        SELECT typname || ' ' || enumlabel, '' FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid""",
    "indexes and constraints that ON CONFLICT names": """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
        WHERE indisunique AND indrelid::regclass::text NOT LIKE '%yoyo%' AND indrelid > 16383""",
}
ASKED_OF_ROWS = {
    "columns that must be given": """
        SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'""",
    "constraints": """
        SELECT conrelid::regclass || '.' || conname FROM pg_constraint WHERE contype IN ('c', 'f', 'u', 'x')""",
    "unique indexes": """
        SELECT indrelid::regclass || '.' || indexrelid::regclass FROM pg_index WHERE indisunique""",
}
LOOKED_AT = {
    "0003_generations": {
        # The CASE asks of a row with a document what was not there before: columns that are null unless they are given.
        "runs.runs_export_or_image",
        # Of a column that code of before does not give, and of what such code leaves null.
        "runs.runs_generation_id_fkey",
        "runs.runs_one_image_per_position",
    }
}
"""What a migration asks for besides, of tables that were there: each with the reason why code of before never trips."""
LOOSENED = {"0003_generations": {"runs.document"}}
"""Columns that may be null since: code of before gives them, and reads rows that have them."""


@pytest.mark.parametrize(("before", "newest"), [pair for pair in itertools.pairwise(NAMES) if pair[0] >= RENAMED])
def test_code_of_the_release_before_finds_all_that_it_names_and_trips_over_nothing_new(
    before: str, newest: str, empty_database: str, tmp_path: Path
) -> None:
    migrate(empty_database, up_to(before, tmp_path / "before"))
    with psycopg.connect(empty_database, autocommit=True) as connection:

        def named(query: str) -> dict[str, str]:
            return dict(connection.execute(query).fetchall())

        def asked(query: str) -> set[str]:
            return {name for (name,) in connection.execute(query).fetchall()}

        seen = {kind: named(query) for kind, query in SEEN_BY_STATEMENTS.items()}
        old_tables = {name.partition(".")[0] for name in seen["columns"]}
        required = {kind: asked(query) for kind, query in ASKED_OF_ROWS.items()}
        assert migrate(empty_database, up_to(newest, tmp_path / "newest")) == [newest]
        for kind, query in SEEN_BY_STATEMENTS.items():
            now = named(query)
            gone = {name for name, definition in seen[kind].items() if now.get(name) != definition}
            assert gone - LOOSENED.get(newest, set()) == set(), kind
        for kind, query in ASKED_OF_ROWS.items():
            new = {name for name in asked(query) - required[kind] if name.partition(".")[0] in old_tables}
            assert new - LOOKED_AT.get(newest, set()) == set(), kind
