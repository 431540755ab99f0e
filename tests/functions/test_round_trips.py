"""How often the functions go to Postgres, counted on the wire: connection checks and BEGIN would be seen here too."""

from datetime import timedelta

import pytest

from handoff.database import Database
from tests.support.calls import deliver_all, started, tell, tell_and_record
from tests.support.handoff import Handoff
from tests.support.postgres_proxy import PostgresProxy


def test_on_a_warm_connection_each_request_is_one_round_trip_and_a_delivery_two(
    proxied: Handoff, proxy: PostgresProxy
) -> None:
    person = proxied.person()
    export = person.ready_export()
    proxied.visit(export["links"][0]["url"])
    proxy.round_trips.clear()

    export_id = person.request_export()
    assert proxy.round_trips == ["request_export"]
    proxy.round_trips.clear()

    proxied.deliver(export_id)
    assert proxy.round_trips == ["claim_run", "complete_run"]
    proxy.round_trips.clear()

    link = person.export(export_id)["links"][0]
    assert proxy.round_trips == ["read_exports"]
    proxy.round_trips.clear()

    assert person.status("/api/exports").status == 200
    assert proxy.round_trips == ["read_exports"]
    proxy.round_trips.clear()

    assert proxied.visit(link["url"]).status == 200
    assert proxy.round_trips == ["download_link"]
    proxy.round_trips.clear()

    assert person.trigger("POST", f"/api/exports/{export_id}/links").status == 201
    assert person.trigger("DELETE", f"/api/links/{link['id']}").status == 204
    assert proxy.round_trips == ["issue_link", "revoke_link"]


def test_an_event_of_a_call_costs_none_on_its_way_in_and_one_to_record(proxied: Handoff, proxy: PostgresProxy) -> None:
    tell_and_record(proxied, started("warm"))
    proxy.round_trips.clear()

    assert tell(proxied, started("c", timedelta(minutes=90))).status == 202
    assert proxy.round_trips == []

    deliver_all(proxied)
    assert proxy.round_trips == ["record_call_event"]
    proxy.round_trips.clear()

    insider = proxied.signed_in()
    assert insider.status("/events/failures").status == insider.status("/api/calls").status == 200
    assert insider.status("/api/calls/timeline").status == 200
    assert proxy.round_trips == ["read_failures", "read_calls", "read_timeline"]


def test_an_event_is_taken_without_a_database_connection(handoff: Handoff) -> None:
    assert tell(handoff, started("c")).status == 202
    assert "database" not in vars(handoff.trigger.wiring)


def test_images_cost_one_round_trip_more_once_the_queue_has_their_calls_and_a_failed_attempt_one(
    proxied: Handoff, proxy: PostgresProxy
) -> None:
    person = proxied.signed_in()
    person.request_images()
    proxy.round_trips.clear()

    generation = person.request_images(4)
    assert proxy.round_trips == ["request_generation", "mark_called", "read_generations"]
    proxy.round_trips.clear()

    image_id = generation["images"][0]["id"]
    assert proxied.answer(image_id, b"rate_limited", status=429).status == 200
    proxied.callback.wiring.database.ping()
    proxy.round_trips.clear()

    assert proxied.answer(image_id, b"rate_limited", status=429, retried=1).status == 200
    assert proxy.round_trips == ["report_attempt"]
    proxy.round_trips.clear()

    assert proxied.answer(image_id, retried=2).status == 200
    assert proxy.round_trips == ["claim_run", "complete_run"]
    proxy.round_trips.clear()

    assert proxied.answer(image_id, retried=2).status == 200
    assert proxy.round_trips == ["claim_run"]
    proxy.round_trips.clear()

    for path in ("/api/generations", "/api/generations/latest"):
        assert person.status(path).status == 200
    assert proxy.round_trips == ["read_generations", "read_latest"]


def test_a_session_costs_no_round_trip(proxied: Handoff, proxy: PostgresProxy) -> None:
    proxied.person()
    assert proxy.round_trips == []


@pytest.mark.parametrize("pooled", [True, False])
def test_a_statement_is_planned_once_where_the_connection_is_direct_and_at_each_run_behind_a_pooler(
    proxied: Handoff, proxy: PostgresProxy, pooled: bool
) -> None:
    database = Database(proxy.url, listen=not pooled)
    proxy.round_trips.clear()
    for _ in range(4):
        database.ping()
    database.close()
    assert proxy.round_trips == (["ping"] * 4 if pooled else ["ping", "PREPARE", "ping", "ping", "ping"])
