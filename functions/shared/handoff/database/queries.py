"""Loads named queries from `queries/<package>.sql`.

A file holds queries, each under a line `-- name: verb_noun` and one line of purpose. The name goes to the server as a
comment in front of the statement, so that pg_stat_activity and pg_stat_statements say which query they show.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "queries"
HEADING = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Query:
    """A statement with `%(name)s` parameters, and the name it stands under."""

    name: str
    sql: str


@cache
def load_queries(package: str) -> dict[str, Query]:
    """The queries of `queries/<package>.sql` by name."""
    parts = HEADING.split((FOLDER / f"{package}.sql").read_text("utf-8"))
    return {
        name: Query(name, f"/* {name} */ {body.strip()}") for name, body in zip(parts[1::2], parts[2::2], strict=True)
    }
