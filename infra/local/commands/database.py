"""`handoff migrate` and `handoff psql`: the laptop's database, of the running stack or started for the moment."""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from infra.local.postgres import Postgres
from infra.local.postgres_programs import program
from infra.local.state import State
from infra.local.terminal import Terminal
from schema.migrate import migrate


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    commands.add_parser("migrate", help="bring the database's schema up to date").set_defaults(run=run_migrate)
    psql = commands.add_parser("psql", help="a prompt of the database; arguments after -- go to psql")
    psql.add_argument("arguments", nargs="*", help="for psql, after --: handoff psql -- -c 'SELECT 1'")
    psql.set_defaults(run=run_psql)


def run_migrate(arguments: argparse.Namespace) -> int:
    with database(State(arguments.folder)) as url:
        applied = migrate(url)
    Terminal().line("\n".join(f"applied {name}" for name in applied) or "Nothing to apply.")
    return 0


def run_psql(arguments: argparse.Namespace) -> int:
    with database(State(arguments.folder)) as url:
        # The password stays out of the list of processes.
        parts = urlsplit(url)
        target = {
            "PGHOST": parts.hostname,
            "PGPORT": str(parts.port),
            "PGUSER": parts.username,
            "PGPASSWORD": parts.password,
        }
        environment = {
            **os.environ,
            **{name: value or "" for name, value in target.items()},
            "PGDATABASE": parts.path[1:],
        }
        return subprocess.run([program("psql"), *arguments.arguments], check=False, env=environment).returncode


@contextmanager
def database(state: State) -> Iterator[str]:
    """The URL of the running stack's database, or of one that runs for this block."""
    if about := state.running_stack():
        yield about["settings"]["DATABASE_URL"]
        return
    with state.locked():
        state.logs.mkdir(exist_ok=True)
        postgres = Postgres(state.postgres, state.keys()["database_password"], log=state.logs / "postgres.log")
        postgres.start()
        try:
            yield postgres.url
        finally:
            postgres.stop()
