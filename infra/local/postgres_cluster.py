"""Makes the folder of a Postgres cluster, with one user and one database."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from infra.local.errors import PostgresError
from infra.local.postgres_programs import as_other_user, program

USER = DATABASE = "handoff"


def make_cluster(folder: Path, password: str) -> None:
    """initdb into a folder beside the final one, then a rename: a cluster is there whole or not at all."""
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    password_file = unfinished.with_name(folder.name + ".password")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    prefix = as_other_user(unfinished, password_file)
    auth = ["--auth-host=scram-sha-256", "--auth-local=reject", f"--username={USER}", f"--pwfile={password_file}"]
    try:
        run([*prefix, program("initdb"), *auth, "--encoding=UTF8", "--locale=C", "--no-sync", "-D", str(unfinished)])
        create = f"CREATE DATABASE {DATABASE};"
        run([*prefix, program("postgres"), "--single", "-D", str(unfinished), "template1"], create)
    finally:
        password_file.unlink()
    unfinished.rename(folder)


def run(command: list[str], text: str = "") -> None:
    done = subprocess.run(
        command, check=False, input=text, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
    )
    if done.returncode:
        raise PostgresError(f"{' '.join(command)} failed:\n{done.stderr or done.stdout}")
