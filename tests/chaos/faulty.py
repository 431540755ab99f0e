"""The whole stack with something between all of its parts, that can delay, reset, lose and refuse."""

import json
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from infra.local.environment import Addresses
from infra.local.stack import Options
from tests.support.exchange import Exchange
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.postgres_proxy import PostgresProxy, postgres_proxy
from tests.support.servers import Source, http_server
from tests.support.stack import LocalStack, local_stack, wait_for

JOB = "POST /api/jobs/produce_export$"
REPORT = "POST /api/jobs/produce_export/failed$"
PUBLISH = "POST /v2/publish/"
LEASE = 2
SWEEP = 0.5
IMPATIENCE = 4
"""How often a client asks again that was told to (503) or heard nothing."""


class FaultyStack:
    """`postgres` is before Postgres, `queue` before QStash, `deliveries` before what it calls, `store` before S3."""

    def __init__(self, folder: Path, *, retries: int, deadline: int, storage: str = "filesystem") -> None:
        self.bound = deadline + SWEEP + 1
        """Seconds after which nothing may be unfinished; one of them for a busy machine."""
        self.retries = retries
        self.source = Source()
        self.exit = ExitStack()
        self.postgres: PostgresProxy
        self.queue: FaultProxy
        self.deliveries: FaultProxy
        self.store: FaultProxy | None = None
        self.stack: LocalStack = self.exit.enter_context(
            local_stack(
                folder,
                Options(speed=20, sweep_interval=SWEEP, reach=self.reach),
                LEASE_SECONDS=str(LEASE),
                JOB_TIME_LIMIT_SECONDS="1",
                OUTBOX_GRACE_SECONDS="1",
                JOB_RETRIES=str(retries),
                RUN_DEADLINE_SECONDS=str(deadline),
                MAX_ACTIVE_RUNS="50",
                STORAGE_PROVIDER=storage,
            )
        )
        self.visitor = self.stack.visitor()

    def reach(self, addresses: Addresses) -> Addresses:
        enter = self.exit.enter_context
        self.postgres = enter(postgres_proxy(addresses.database))
        self.queue = enter(fault_proxy(addresses.queue))
        self.deliveries = enter(fault_proxy(addresses.delivery))
        if addresses.store:
            self.store = enter(fault_proxy(addresses.store))
        return replace(
            addresses,
            store=self.store.url if self.store else "",
            database=self.postgres.url,
            queue=self.queue.url,
            delivery=self.deliveries.url,
            source=f"{enter(http_server(self.source.respond))}/document",
        )

    def quiet(self) -> None:
        """No fault left over, and no message of an earlier test on its way."""
        assert self.postgres.failures == []
        self.postgres.before.clear()
        self.postgres.after.clear()
        self.source.status = 200
        host, port = self.queue.target
        token = {"Authorization": f"Bearer {self.stack.settings['QSTASH_TOKEN']}"}
        httpx.delete(f"http://{host}:{port}/v2/messages", headers=token).raise_for_status()
        for proxy in filter(None, (self.queue, self.deliveries, self.store)):
            proxy.forget()

    def request_export(self) -> str:
        """As a client does that is told to come again: with the key that it had."""
        key = {"Idempotency-Key": str(uuid4())}
        for _ in range(IMPATIENCE):
            try:
                answer = self.visitor.http.post("/api/exports", json={}, headers=key)
            except httpx.HTTPError:
                continue
            if answer.status_code != 503:
                break
            assert "Retry-After" in answer.headers
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def wait_for_end(self, export_id: str) -> dict[str, Any]:
        return self.visitor.wait_for_end(export_id, self.bound)

    def attempts(self, export_id: str) -> list[Exchange]:
        """The deliveries of its messages."""
        return [each for each in list(self.deliveries.exchanges) if _is_about(each, export_id)]

    def reports(self) -> list[Exchange]:
        """Those of giving up."""
        return [each for each in list(self.deliveries.exchanges) if each.client.path.endswith("/failed")]


def assert_ended_once(faulty: FaultyStack, export: dict[str, Any], *states: str) -> None:
    """One end, one file and link or none, nothing more to send; and nobody called in circles."""
    export_id = export["id"]
    assert export["state"] in states, export["problem"]
    ready = int(export["state"] == "ready")
    (counts,) = faulty.stack.rows(
        """SELECT
            (SELECT count(*) FROM files WHERE export_id = %(id)s AND stored_at IS NOT NULL) AS files,
            (SELECT count(*) FROM links JOIN files ON files.id = links.file_id WHERE export_id = %(id)s) AS links,
            (SELECT count(*) FROM outbox WHERE export_id = %(id)s) AS messages""",
        id=export_id,
    )
    assert counts == {"files": ready, "links": ready, "messages": 0}
    assert len(faulty.attempts(export_id)) <= export["try"] * (faulty.retries + 1)
    assert faulty.postgres.failures == []
    if ready:
        download = faulty.visitor.http.get(export["links"][0]["url"], follow_redirects=True)
        assert (download.status_code, download.content) == (200, faulty.source.body)


def assert_stays(faulty: FaultyStack, export: dict[str, Any], seconds: float) -> None:
    """Whatever is still on its way changes nothing."""
    time.sleep(seconds)
    later = faulty.visitor.export(export["id"])
    assert {**later, "visits": [], "server_time": ""} == {
        **export, "visits": [], "server_time": "", "links": later["links"], "downloads": later["downloads"],
    }  # fmt: skip
    assert [link["expires_at"] for link in later["links"]] == [link["expires_at"] for link in export["links"]]


def wait_until_used(*proxies: FaultProxy) -> None:
    """Every fault has found its request."""
    wait_for(lambda: not any(proxy.waiting for proxy in proxies))


def _is_about(exchange: Exchange, export_id: str) -> bool:
    return exchange.client.path.endswith("produce_export") and json.loads(exchange.body)["id"] == export_id
