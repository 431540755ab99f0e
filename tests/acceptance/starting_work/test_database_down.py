"""The database is down: 503 with Retry-After, and nothing half done."""

import base64
import json
import threading
from uuid import uuid4

import psycopg
import pytest

from tests.acceptance.links.expected import assert_refused
from tests.support.deliveries import delivery
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import PRODUCE, Handoff
from tests.support.locks import wait_for_a_lock_to_be_waited_for
from tests.support.postgres_proxy import PostgresProxy, cut
from tests.support.problems import assert_problem
from tests.support.servers import Source
from tests.support.tables import contents

NOWHERE = "postgresql://nobody:secret-password@127.0.0.1:1/handoff"
SOME_ID = "00000000-0000-4000-8000-000000000000"

TRIGGER = [
    ("POST", "/api/exports"),
    ("POST", f"/api/exports/{SOME_ID}/retry"),
    ("POST", f"/api/exports/{SOME_ID}/cancel"),
    ("POST", f"/api/exports/{SOME_ID}/links"),
    ("DELETE", f"/api/links/{SOME_ID}"),
]
STATUS = ["/api/exports", f"/api/exports/{SOME_ID}", "/api/health"]


def assert_unavailable(answer: Answer) -> None:
    assert_problem(answer, 503, "database-unavailable")
    assert 1 <= int(answer.headers["retry-after"]) <= 30
    for told in (answer.body, str(answer.headers).encode()):
        assert b"secret-password" not in told
        assert b"127.0.0.1" not in told


@pytest.mark.line("D2")
@pytest.mark.parametrize(("method", "path"), TRIGGER)
def test_with_the_database_down_nothing_is_started(method: str, path: str, handoff: Handoff) -> None:
    person = handoff.person()
    trigger = handoff.load("trigger", DATABASE_URL=NOWHERE)
    headers = {"Idempotency-Key": "k"}
    answer = invoke(trigger, event(method, path, body={}, headers=headers, cookies=person.cookies))
    assert_unavailable(answer)
    assert handoff.queue.published == []


@pytest.mark.line("D2")
@pytest.mark.parametrize("path", STATUS)
@pytest.mark.parametrize("headers", [{}, {"Prefer": "wait=5"}])
def test_with_the_database_down_a_look_is_503_at_once(path: str, headers: dict[str, str], handoff: Handoff) -> None:
    person = handoff.person()
    for listen in ("true", "false"):
        status = handoff.load("status", DATABASE_URL=NOWHERE, DATABASE_LISTEN=listen)
        assert_unavailable(invoke(status, event("GET", path, headers=headers, cookies=person.cookies)))


@pytest.mark.line("D2")
def test_with_the_database_down_a_session_can_still_begin(handoff: Handoff) -> None:
    status = handoff.load("status", DATABASE_URL=NOWHERE)
    assert invoke(status, event("GET", "/api/session")).status == 200


@pytest.mark.line("D2")
def test_with_the_database_down_deliveries_and_reports_are_to_come_again(handoff: Handoff, source: Source) -> None:
    callback = handoff.load("callback", DATABASE_URL=NOWHERE)
    body = json.dumps({"id": str(uuid4()), "try": 1}).encode()
    assert_unavailable(invoke(callback, delivery(PRODUCE, body)))
    report = json.dumps({"sourceBody": base64.b64encode(body).decode()}).encode()
    assert_unavailable(invoke(callback, delivery(f"{PRODUCE}/failed", report)))
    assert source.requests == 0


@pytest.mark.line("D2")
def test_with_the_database_down_a_visitor_reads_that_the_link_is_unharmed(handoff: Handoff) -> None:
    link = handoff.person().ready_export()["links"][0]
    handoff.download, works = handoff.load("download", DATABASE_URL=NOWHERE), handoff.download
    assert_refused(handoff.visit(link["url"]), "unavailable", retry_after="2")
    page = handoff.visit(link["url"], Accept="text/html")
    assert (page.status, page.headers["retry-after"]) == (503, "2")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert (
        b"<h1>This link cannot be looked up right now.</h1><p>It is unharmed: try again in a moment.</p>" in page.body
    )
    assert contents(handoff)["visits"] == []
    handoff.download = works
    assert handoff.visit(link["url"]).status == 200


@pytest.mark.line("D2")
def test_a_statement_that_an_operator_ends_runs_once_more(handoff: Handoff) -> None:
    """As when the server is restarted: the error comes before the end of the connection is noticed."""
    person = handoff.person()
    export_id = person.request_export()
    url = handoff.environment["DATABASE_URL"]
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as operator:
        holder.execute("SELECT FROM runs FOR UPDATE")

        def end_who_waits() -> None:
            wait_for_a_lock_to_be_waited_for(operator, "pg_terminate_backend(pid)")
            holder.rollback()

        ending = threading.Thread(target=end_who_waits)
        ending.start()
        answer = person.trigger("POST", f"/api/exports/{export_id}/cancel")
        ending.join()
    assert answer.status == 200
    assert person.export(export_id)["state"] == "canceled"


@pytest.mark.line("D2")
def test_a_database_that_fails_at_the_statement_leaves_nothing_half_done(
    proxied: Handoff, proxy: PostgresProxy
) -> None:
    person = proxied.person()
    proxied.trigger.wiring.database.ping()

    def cut_again() -> None:
        proxy.before["request_export"] = cut
        cut()

    proxy.before["request_export"] = cut_again
    assert_unavailable(person.trigger("POST", "/api/exports", body={}))
    assert all(rows == [] for rows in contents(proxied).values())
    assert proxied.queue.published == []
    assert person.request_export(), "and the same container works again as soon as the database does"


@pytest.mark.line("D2")
def test_a_database_that_is_busy_is_503_too(handoff: Handoff) -> None:
    """A lock that is not given in time is a refusal of the moment, not an error of ours."""
    person = handoff.person()
    export_id = person.request_export()
    url = handoff.environment["DATABASE_URL"]
    impatient = handoff.load("trigger", DATABASE_URL=url + "?options=-c%20lock_timeout%3D50ms")
    with psycopg.connect(url) as holder:
        holder.execute("SELECT FROM runs FOR UPDATE")
        answer = invoke(impatient, event("POST", f"/api/exports/{export_id}/cancel", cookies=person.cookies))
        assert_unavailable(answer)
        holder.rollback()
    assert person.export(export_id)["state"] == "queued"


@pytest.mark.line("D2")
def test_a_worker_whose_database_fails_before_the_claim_has_fetched_nothing(
    proxied: Handoff, proxy: PostgresProxy, source: Source
) -> None:
    person = proxied.person()
    export_id = person.request_export()
    before = contents(proxied)

    def cut_again() -> None:
        proxy.before["claim_run"] = cut
        cut()

    proxy.before["claim_run"] = cut_again
    assert_unavailable(proxied.deliver(export_id))
    assert contents(proxied) == before
    assert source.requests == 0
    assert proxied.deliver(export_id, retried=1).status == 200


@pytest.mark.line("D2")
def test_a_worker_whose_database_fails_at_completion_leaves_the_run_to_its_lease(
    proxied: Handoff, proxy: PostgresProxy
) -> None:
    person = proxied.person()
    export_id = person.request_export()

    def cut_again() -> None:
        proxy.before["complete_run"] = cut
        cut()

    proxy.before["complete_run"] = cut_again
    assert_unavailable(proxied.deliver(export_id))
    assert person.export(export_id)["state"] == "running"
    assert contents(proxied)["links"] == []
    assert proxied.deliver(export_id, retried=1).status == 409
    proxied.rows("UPDATE runs SET lease_expires_at = clock_timestamp()")
    assert proxied.deliver(export_id, retried=2).status == 200
    export = person.export(export_id)
    assert (export["state"], export["attempt"], len(export["links"])) == ("ready", 2, 1)
