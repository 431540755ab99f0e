"""kill -9 at each named point of an export, on the whole stack: it ends once, with only the sweep to help."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.environment import Addresses
from infra.local.stack import Options
from tests.support.postgres_proxy import PostgresProxy, postgres_proxy
from tests.support.stack import LocalStack, local_stack, wait_for

VICTIMS = ["Postgres", "QStash", "callback"]

# Where the proxy sees the export pass: a named query, on its way to Postgres or with its answer on the way back.
POINTS = {
    "before claim": ("before", "claim_run"),
    "after claim": ("after", "claim_run"),
    "after put, before complete": ("before", "complete_export"),
    "after complete before the answer": ("after", "complete_export"),
}


PDF_BYTES = 30_000_000
"""Large enough that a kill right after the claim comes during the fetch."""


def large_pdf(folder: Path) -> Path:
    file = folder / "large.pdf"
    file.write_bytes(b"%PDF-1.7\n".ljust(PDF_BYTES, b"x"))
    return file


class Chaos:
    """A stack whose functions reach Postgres through a proxy."""

    def __init__(self, folder: Path) -> None:
        self.exit = ExitStack()
        self.proxy: PostgresProxy
        options = Options(speed=20, sweep_interval=0.5, pdf=large_pdf(folder), reach=self.reach)
        self.stack: LocalStack = self.exit.enter_context(
            local_stack(
                folder,
                options,
                LEASE_SECONDS="3",
                JOB_TIME_LIMIT_SECONDS="2",
                OUTBOX_GRACE_SECONDS="2",
                RUN_DEADLINE_SECONDS="60",
            )
        )

    def reach(self, addresses: Addresses) -> Addresses:
        self.proxy = self.exit.enter_context(postgres_proxy(addresses.database))
        return replace(addresses, database=self.proxy.url)

    def kill(self, victim: str) -> None:
        if victim == "callback":
            self.stack.kill_function("callback")
        else:
            self.stack.kill(victim)


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    made = Chaos(tmp_path_factory.mktemp("chaos"))
    with made.exit:
        yield made


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("point", POINTS)
def test_an_export_ends_once_when_something_is_killed(point: str, victim: str, chaos: Chaos) -> None:
    moment, query = POINTS[point]
    visitor = chaos.stack.visitor()
    getattr(chaos.proxy, moment)[query] = lambda: chaos.kill(victim)

    export_id = visitor.request_export()
    export = visitor.wait_for_end(export_id)

    assert query not in getattr(chaos.proxy, moment), "the point was never reached"
    assert export["state"] == "ready"
    assert_made_once(chaos, export_id)
    download = visitor.http.get(export["links"][-1]["url"], follow_redirects=True)
    assert (download.status_code, len(download.content)) == (200, PDF_BYTES)


def test_the_same_export_comes_of_a_request_whose_handler_is_killed_after_the_commit(chaos: Chaos) -> None:
    visitor = chaos.stack.visitor()
    key = {"Idempotency-Key": "one-click"}
    chaos.proxy.after["request_export"] = lambda: chaos.stack.kill_function("trigger")

    assert visitor.http.post("/api/exports", json={}, headers=key).status_code == 500
    again = visitor.http.post("/api/exports", json={}, headers=key)

    assert again.status_code == 202
    assert visitor.wait_for_end(again.json()["id"])["state"] == "ready"
    assert len(visitor.http.get("/api/exports").json()["items"]) == 1


@pytest.mark.parametrize("victim", VICTIMS)
def test_an_export_ends_once_when_something_is_killed_during_fetch(victim: str, chaos: Chaos) -> None:
    visitor = chaos.stack.visitor()
    chaos.proxy.after["claim_run"] = lambda: None
    export_id = visitor.request_export()
    wait_for(lambda: "claim_run" not in chaos.proxy.after)
    chaos.kill(victim)

    assert visitor.wait_for_end(export_id)["state"] == "ready"
    assert_made_once(chaos, export_id)


def assert_made_once(chaos: Chaos, export_id: str) -> None:
    assert chaos.proxy.failures == []
    counts = chaos.stack.rows(
        """SELECT
            (SELECT count(*) FROM files WHERE export_id = %(id)s AND stored_at IS NOT NULL) AS files,
            (SELECT count(*) FROM links JOIN files ON files.id = links.file_id WHERE export_id = %(id)s) AS links,
            (SELECT count(*) FROM outbox WHERE export_id = %(id)s) AS messages""",
        id=export_id,
    )
    assert counts == [{"files": 1, "links": 1, "messages": 0}]
