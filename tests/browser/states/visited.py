"""A link as its visitor finds it, opened from a chat or a mail."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.browser.states.stage import Stage
from tests.browser.tab import Tab
from tests.support.stack import Visitor, wait_for


def late(stage: Stage) -> Iterator[Tab]:
    """After its end."""
    _, export = shared(stage)
    stage.age(export["id"], "130 seconds")
    yield from visit(stage, path(export))


def unknown(stage: Stage) -> Iterator[Tab]:
    """No such link: it was not copied whole."""
    _, export = shared(stage)
    yield from visit(stage, path(export)[:-3])


def revoked(stage: Stage) -> Iterator[Tab]:
    """After its owner revoked it."""
    owner, export = shared(stage)
    assert owner.http.delete(f"/api/links/{export['links'][0]['id']}").status_code == 204
    yield from visit(stage, path(export))


def removed(stage: Stage) -> Iterator[Tab]:
    """After its file was removed."""
    owner, export = shared(stage)
    stage.age(export["id"], "8 days")
    wait_for(lambda: owner.export(export["id"])["file"]["removed_at"])
    yield from visit(stage, path(export))


def unreadable(stage: Stage) -> Iterator[Tab]:
    """The store does not give the file."""
    _, export = shared(stage)
    for file in Path(stage.stack.settings["STORAGE_FOLDER"]).rglob("*"):
        if file.is_file():
            file.unlink()
    yield from visit(stage, path(export))


def unavailable(stage: Stage) -> Iterator[Tab]:
    """The database does not answer."""
    _, export = shared(stage)
    with psycopg.connect(stage.stack.database_url) as connection:
        connection.execute("LOCK TABLE links IN ACCESS EXCLUSIVE MODE")
        yield from visit(stage, path(export))


def shared(stage: Stage) -> tuple[Visitor, dict[str, Any]]:
    """An export with a link that works, and its owner."""
    owner = stage.stack.visitor()
    return owner, owner.wait_for_end(owner.request_export())


def visit(stage: Stage, address: str) -> Iterator[Tab]:
    with stage.visitor(address) as tab:
        yield tab


def path(export: dict[str, Any]) -> str:
    """Of its link."""
    return str(urlsplit(export["links"][0]["url"]).path)
