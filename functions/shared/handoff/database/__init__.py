"""Postgres: one connection per container, named queries from `queries/`, rows as dataclasses."""

from handoff.database.connection import Database
from handoff.database.queries import Query, load_queries

__all__ = ["Database", "Query", "load_queries"]
