"""A commit whose answer was lost: the connection is cut between the server's reply and the client, at each writing
statement. The unit runs again on a new connection; nothing is doubled and no run idles for a lease."""

from collections.abc import Callable

import pytest

from handoff.database import Database
from tests.support.calls import calls, deliver_all, started, tell, tell_and_record
from tests.support.handoff import Handoff, Person
from tests.support.postgres_proxy import PostgresProxy, cut

Story = Callable[[Handoff, Person], None]


def request(handoff: Handoff, person: Person) -> None:
    person.request_export()
    assert handoff.rows("SELECT count(*) FROM runs") == [{"count": 1}]
    assert handoff.rows("SELECT count(*) FROM outbox") == [{"count": 1}]
    assert len(handoff.queue.published) == 1


def claim_or_complete(handoff: Handoff, person: Person) -> None:
    export = person.ready_export()
    assert (export["state"], export["attempt"]) == ("ready", 1)
    assert handoff.rows("SELECT count(*) FROM files") == [{"count": 1}]
    assert handoff.rows("SELECT count(*) FROM links") == [{"count": 1}]


def retry(handoff: Handoff, person: Person) -> None:
    export_id = person.request_export()
    assert person.trigger("POST", f"/api/exports/{export_id}/cancel").status == 200
    answer = person.trigger("POST", f"/api/exports/{export_id}/retry")
    assert answer.status == 202
    assert handoff.rows("SELECT state::text, try FROM runs") == [{"state": "queued", "try": 2}]


def cancel(handoff: Handoff, person: Person) -> None:
    export_id = person.request_export()
    assert person.trigger("POST", f"/api/exports/{export_id}/cancel").status == 200


def fail(handoff: Handoff, person: Person) -> None:
    export_id = person.request_export()
    handoff.rows("UPDATE runs SET document = 'gone'")
    assert handoff.deliver(export_id).status == 500
    assert person.export(export_id)["state"] == "queued"


def give_up(handoff: Handoff, person: Person) -> None:
    export_id = person.request_export()
    assert handoff.give_up(export_id).status == 200
    assert person.export(export_id)["problem"]["code"] == "undeliverable"


def issue(handoff: Handoff, person: Person) -> None:
    export = person.ready_export()
    link = person.trigger("POST", f"/api/exports/{export['id']}/links").json
    assert handoff.rows("SELECT count(*) FROM links") == [{"count": 2}]
    assert handoff.visit(link["url"]).status == 200


def revoke(handoff: Handoff, person: Person) -> None:
    export = person.ready_export()
    assert person.trigger("DELETE", f"/api/links/{export['links'][0]['id']}").status == 204


def download(handoff: Handoff, person: Person) -> None:
    export = person.ready_export()
    assert handoff.visit(export["links"][0]["url"]).status == 200
    assert handoff.rows("SELECT count(*) FROM visits") == [{"count": 1}]


def event(handoff: Handoff, person: Person) -> None:
    tell_and_record(handoff, started("c"))
    assert [call["events"] for call in calls(handoff)] == [1]


def hold(handoff: Handoff, person: Person) -> None:
    handoff.queue.status = 503
    assert tell(handoff, started("c")).status == 202
    assert handoff.rows("SELECT count(*) FROM message_outbox") == [{"count": 1}]


def send_held(handoff: Handoff, person: Person) -> None:
    hold(handoff, person)
    handoff.queue.status = 201
    handoff.rows("UPDATE message_outbox SET publish_after = clock_timestamp()")
    for _ in range(2):
        handoff.sweep()  # what an answer was lost of is taken as the next is
        handoff.rows("UPDATE message_outbox SET publish_after = clock_timestamp()")
    assert handoff.rows("SELECT count(*) FROM message_outbox") == [{"count": 0}]
    deliver_all(handoff)
    assert [call["events"] for call in calls(handoff)] == [1]


def mark(handoff: Handoff, person: Person) -> None:
    tell_and_record(handoff, started("c"))
    (call,) = handoff.rows("SELECT id FROM calls")
    answer = handoff.signed_in().trigger("POST", f"/api/calls/{call['id']}/end")
    assert (answer.status, answer.json["state"]) == (200, "marked_ended")


def ask_for_images(handoff: Handoff, person: Person) -> None:
    person.request_images(4)
    assert handoff.rows("SELECT count(*) FROM generations") == [{"count": 1}]
    assert handoff.rows("SELECT count(*) FROM runs WHERE called_at IS NOT NULL") == [{"count": 4}]
    assert handoff.rows("SELECT count(*) FROM outbox JOIN runs ON id = run_id WHERE publish_after = deadline_at") == [
        {"count": 4}
    ]
    assert len(handoff.queue.published) == 4


def keep_an_image(handoff: Handoff, person: Person) -> None:
    generation = person.request_images()
    assert handoff.answer(generation["images"][0]["id"]).status == 200
    (image,) = person.generation(generation["id"])["images"]
    assert (image["state"], image["attempt"], len(image["links"])) == ("ready", 1, 1)


def fail_an_attempt(handoff: Handoff, person: Person) -> None:
    generation = person.request_images()
    assert handoff.answer(generation["images"][0]["id"], b"rate_limited", status=429).status == 200
    (image,) = person.generation(generation["id"])["images"]
    assert (image["state"], image["attempt"], image["problem"]["code"]) == ("queued", 1, "rate_limited")


def fail_for_good(handoff: Handoff, person: Person) -> None:
    generation = person.request_images()
    assert handoff.answer(generation["images"][0]["id"], b"!content_policy", status=400).status == 200
    (image,) = person.generation(generation["id"])["images"]
    assert (image["state"], image["problem"]["code"]) == ("failed", "content_policy")
    assert len(handoff.queue.canceled) == 1


@pytest.mark.line("D3")
@pytest.mark.parametrize(
    ("query", "story"),
    [
        ("request_generation", ask_for_images),
        ("mark_called", ask_for_images),
        ("claim_run", keep_an_image),
        ("complete_run", keep_an_image),
        ("report_attempt", fail_an_attempt),
        ("report_given_up", fail_for_good),
        ("request_export", request),
        ("claim_run", claim_or_complete),
        ("complete_run", claim_or_complete),
        ("retry_run", retry),
        ("cancel_run", cancel),
        ("fail_attempt", fail),
        ("report_given_up", give_up),
        ("issue_link", issue),
        ("revoke_link", revoke),
        ("download_link", download),
        ("record_call_event", event),
        ("hold_message", hold),
        ("take_held_messages", send_held),
        ("let_go", send_held),
        ("mark_call_ended", mark),
    ],
)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lost_answer_changes_nothing(
    query: str, story: Story, moment: str, proxied: Handoff, proxy: PostgresProxy
) -> None:
    getattr(proxy, moment)[query] = cut
    story(proxied, proxied.signed_in())
    assert query not in getattr(proxy, moment), "the statement was never sent"


@pytest.mark.line("D3")
def test_a_lost_answer_costs_nobody_the_last_export_they_may_have(proxied: Handoff, proxy: PostgresProxy) -> None:
    """The run that the statement made at first takes the last place: the second time it must not be in its own way."""
    proxied.environment["MAX_ACTIVE_RUNS"] = "1"
    person = proxied.person()
    proxy.after["request_export"] = cut
    person.request_export()
    assert proxied.rows("SELECT count(*) FROM runs") == [{"count": 1}]
    assert person.trigger("POST", "/api/exports", body={}).status == 429


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_prepared_statement_runs_again_on_a_new_connection(
    proxied: Handoff, proxy: PostgresProxy, moment: str
) -> None:
    database = Database(proxy.url, listen=True)
    for _ in range(3):
        database.ping()
    proxy.expect(moment, "ping", cut)
    assert database.ping()
    assert "ping" not in getattr(proxy, moment)
    database.close()
