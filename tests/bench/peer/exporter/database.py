"""A connection for each request."""

from collections.abc import Iterator
from typing import Annotated, Any

import psycopg
from fastapi import Depends
from psycopg.rows import dict_row

from . import config


def connect() -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with psycopg.connect(config.DATABASE_URL, row_factory=dict_row) as connection:
        yield connection


Database = Annotated[psycopg.Connection[dict[str, Any]], Depends(connect)]
