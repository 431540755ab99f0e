"""The laptop's Postgres: kept, recovered, and closed to others."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local.errors import PostgresError
from infra.local.postgres import THROW_AWAY, Postgres, temporary_postgres
from tests.local.processes import is_running


@pytest.fixture(scope="module")
def cluster() -> Iterator[Postgres]:
    with temporary_postgres() as postgres:
        yield postgres


def test_what_was_committed_survives_kill_9_at_the_same_address(cluster: Postgres) -> None:
    url, pid = cluster.url, cluster.pid
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    cluster.kill()
    assert not cluster.running
    cluster.start()
    assert cluster.url == url
    assert cluster.pid != pid
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_it_starts_although_another_process_now_has_the_dead_ones_number(cluster: Postgres) -> None:
    cluster.kill()
    lock = cluster.folder / "postmaster.pid"
    lines = lock.read_text().splitlines()
    with subprocess.Popen(["sleep", "60"]) as other:
        lock.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        cluster.start()
        assert is_running(other.pid)
        other.kill()
    with psycopg.connect(cluster.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_it_asks_for_the_password(cluster: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.url.replace("handoff:", "handoff:x"))


def test_it_listens_on_the_loopback_interface_alone(cluster: Postgres) -> None:
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')"
        ).fetchone()
    assert row == ("127.0.0.1", "")


def test_its_folder_is_its_owners_alone(cluster: Postgres) -> None:
    assert cluster.folder.stat().st_mode & 0o077 == 0
    assert not list(cluster.folder.parent.glob("*.password"))


def test_it_does_not_run_as_root(cluster: Postgres) -> None:
    if os.getuid() != 0:
        pytest.skip("only where the tests run as root")
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute("SELECT pg_read_file('/proc/self/uid_map')").fetchone()
    assert row is not None
    assert row[0].split()[0] == "1000" or cluster.folder.stat().st_uid != 0


def test_a_start_that_fails_shows_the_end_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.postgres.RETRY_SECONDS", 0.0)
    postgres = Postgres(tmp_path / "data", "password", settings={**THROW_AWAY, "shared_buffers": "nonsense"})
    with pytest.raises(PostgresError, match='invalid value for parameter "shared_buffers"'):
        postgres.start()


def test_a_temporary_cluster_leaves_nothing() -> None:
    with temporary_postgres() as postgres:
        pid, folder = postgres.pid, postgres.folder
    assert pid is not None
    assert not is_running(pid)
    assert not folder.exists()
