"""The whole stack with something between all of its parts, that can delay, reset, lose and refuse."""

import json
import re
from base64 import b64decode
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from infra.local.environment import Addresses
from infra.local.stack import Options
from tests.chaos.halting import HaltingSource
from tests.support.exchange import Exchange
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.postgres_proxy import PostgresProxy, postgres_proxy
from tests.support.servers import http_server
from tests.support.stack import LocalStack, local_stack, wait_for

JOB = "POST /api/jobs/produce_export$"
REPORT = "POST /api/jobs/produce_export/failed$"
PUBLISH = "POST /v2/publish/"
LEASE = 2
SWEEP = 0.5
IMPATIENCE = 4
"""How often a client asks again that was told to (503) or heard nothing."""
ENDS_OF_A_MESSAGE = {"DELIVERED", "FAILED", "CANCELED"}


class FaultyStack:
    """`postgres` is before Postgres, `queue` before QStash, `deliveries` before what it calls, `store` before S3."""

    def __init__(
        self, folder: Path, *, retries: int, deadline: int, grace: int = 1, storage: str = "filesystem"
    ) -> None:
        self.bound = deadline + SWEEP + 1
        """Seconds after which nothing may be unfinished; one of them for a busy machine."""
        self.retries = retries
        self.earlier: set[str] = set()
        """Exports of earlier tests: no fault is meant for what is still sent about them."""
        self.source = HaltingSource()
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
                OUTBOX_GRACE_SECONDS=str(grace),
                JOB_RETRIES=str(retries),
                RUN_DEADLINE_SECONDS=str(deadline),
                IMAGE_PROVIDER="none",  # whose calls take longer than that
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
        for proxy in self.proxies:
            proxy.concerns = lambda exchange: export_of(exchange) not in self.earlier
        return replace(
            addresses,
            store=self.store.url if self.store else "",
            database=self.postgres.url,
            queue=self.queue.url,
            delivery=self.deliveries.url,
            source=f"{enter(http_server(self.source.respond))}/document",
        )

    @property
    def proxies(self) -> list[FaultProxy]:
        return [proxy for proxy in (self.queue, self.deliveries, self.store) if proxy]

    def quiet(self) -> None:
        """No fault left over, and nothing of an earlier test on its way."""
        self.source.go_on()
        for faults in (self.postgres.before, self.postgres.after, self.postgres.when):
            faults.clear()
        for proxy in self.proxies:
            proxy.forget_faults()
        wait_for(self._is_still)  # a message that is late would come to the queue after it was emptied
        self._ask_queue("DELETE", "/v2/messages")
        self.wait_until_still()
        assert self.postgres.failures == []
        self.source.status = 200
        self.earlier = {row["id"] for row in self.rows("SELECT id::text FROM runs")}
        for proxy in self.proxies:
            proxy.forget()

    def wait_until_still(self) -> None:
        """Whatever was late has come and was answered, and the queue has nothing left to deliver."""
        wait_for(lambda: self._is_still() and not self._undelivered() and self._is_still())

    def _is_still(self) -> bool:
        return not self.postgres.acting and not any(proxy.under_way for proxy in self.proxies)

    def _undelivered(self) -> set[str]:
        entries = self._ask_queue("GET", "/v2/logs?count=1000").json()["logs"]
        return {each["messageId"] for each in entries} - {
            each["messageId"] for each in entries if each["state"] in ENDS_OF_A_MESSAGE
        }

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """A look into the database, which may just be starting again."""

        def look() -> tuple[list[dict[str, Any]]] | None:
            try:
                return (self.stack.rows(statement, **parameters),)
            except psycopg.OperationalError:
                return None

        found: tuple[list[dict[str, Any]]] = wait_for(look)
        return found[0]

    def _ask_queue(self, method: str, path: str) -> httpx.Response:
        """Past the proxy; it may just be starting again."""
        host, port = self.queue.target
        token = {"Authorization": f"Bearer {self.stack.settings['QSTASH_TOKEN']}"}

        def ask() -> httpx.Response | None:
            try:
                return httpx.request(method, f"http://{host}:{port}{path}", headers=token).raise_for_status()
            except httpx.ConnectError:
                return None

        answer: httpx.Response = wait_for(ask)
        return answer

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
        return self._deliveries(export_id, "/produce_export")

    def reports(self, export_id: str) -> list[Exchange]:
        """Those of giving up."""
        return self._deliveries(export_id, "/failed")

    def _deliveries(self, export_id: str, end: str) -> list[Exchange]:
        exchanges = [each for each in list(self.deliveries.exchanges) if each.client.path.endswith(end)]
        return [each for each in exchanges if export_of(each) == export_id]


def export_of(exchange: Exchange) -> str:
    """Whom a file is for stands in its key; a report of giving up has the message in it."""
    if found := re.search(r"/exports/([^/]+)/", exchange.client.path):
        return found[1]
    body = json.loads(exchange.body)
    message = json.loads(b64decode(body["sourceBody"])) if "sourceBody" in body else body
    return str(message["id"])


def assert_ended_once(faulty: FaultyStack, export: dict[str, Any], state: str, problem: str | None = None) -> None:
    """One end, one file and link or none, nothing more to send; and nobody called in circles."""
    export_id = export["id"]
    assert (export["state"], (export["problem"] or {}).get("code")) == (state, problem)
    ready = int(state == "ready")
    (counts,) = faulty.rows(
        """SELECT
            (SELECT count(*) FROM files WHERE run_id = %(id)s AND stored_at IS NOT NULL) AS files,
            (SELECT count(*) FROM links JOIN files ON files.id = links.file_id WHERE run_id = %(id)s) AS links,
            (SELECT count(*) FROM outbox WHERE run_id = %(id)s) AS messages""",
        id=export_id,
    )
    assert counts == {"files": ready, "links": ready, "messages": 0}
    assert len(faulty.attempts(export_id)) <= export["try"] * (faulty.retries + 1)
    assert faulty.postgres.failures == []
    if ready:
        download = faulty.visitor.http.get(export["links"][0]["url"], follow_redirects=True)
        assert (download.status_code, download.content) == (200, faulty.source.body)


def wait_until_used(*proxies: FaultProxy) -> None:
    """Every fault has found its request."""
    wait_for(lambda: not any(proxy.waiting for proxy in proxies))


def assert_stays(faulty: FaultyStack, export: dict[str, Any]) -> None:
    """Whatever was still on its way has come, and changed nothing."""
    faulty.wait_until_still()
    later = faulty.visitor.export(export["id"])
    assert {**later, "visits": [], "server_time": ""} == {
        **export, "visits": [], "server_time": "", "links": later["links"], "downloads": later["downloads"],
    }  # fmt: skip
    assert [link["expires_at"] for link in later["links"]] == [link["expires_at"] for link in export["links"]]
