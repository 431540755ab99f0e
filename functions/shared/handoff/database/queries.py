"""Loads named queries from `queries/<package>.sql`.

A file holds queries, each under a line `-- name: verb_noun` and one line of purpose. The name goes to the server as a
comment in front of the statement, so that pg_stat_activity and pg_stat_statements say which query they show. What
several queries have in common stands once, under `-- part: noun`; a line `-- include: package.noun` is for its text.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "queries"
HEADING = re.compile(r"^-- (name|part): (\w+)\n", re.MULTILINE)
INCLUDE = re.compile(r"^-- include: (\w+)\.(\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Query:
    """A statement with `%(name)s` parameters, and the name it stands under."""

    name: str
    sql: str


@cache
def load_queries(package: str) -> dict[str, Query]:
    """The queries of `queries/<package>.sql` by name."""
    return {
        name: Query(name, f"/* {name} */ {INCLUDE.sub(_part, body)}") for name, body in _texts(package, "name").items()
    }


def _part(include: re.Match[str]) -> str:
    package, name = include.groups()
    return _texts(package, "part")[name]


@cache
def _texts(package: str, kind: str) -> dict[str, str]:
    """What stands under each heading of that kind."""
    parts = HEADING.split((FOLDER / f"{package}.sql").read_text("utf-8"))
    headed = zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    return {name: body.strip() for its_kind, name, body in headed if its_kind == kind}
