"""What somebody made before they signed in is theirs afterwards: once, whatever else happens, and nobody else's."""

import threading
from typing import Any
from uuid import UUID

import psycopg
import pytest

from handoff.people.person import Person as Human
from tests.support.containers import at_once, meanwhile
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff
from tests.support.issuer import Issuer
from tests.support.locks import wait_for_a_lock_to_be_waited_for
from tests.support.problems import assert_problem
from tests.support.sign_in import Visitor


def owner_of(issuer: Issuer, subject: str = "ann") -> str:
    return Human(issuer.url, subject, "").owner


def owners(handoff: Handoff) -> list[str]:
    return [row["owner"] for row in handoff.rows("SELECT DISTINCT owner FROM runs")]


def unfinished_slots(handoff: Handoff, owner: str) -> list[int]:
    found = handoff.rows(
        "SELECT slot FROM runs WHERE owner = %(owner)s AND state IN ('queued', 'running') ORDER BY slot", owner=owner
    )
    return [row["slot"] for row in found]


def signed_in(handoff: Handoff, issuer: Issuer) -> Visitor:
    """Ann, in another browser, before."""
    visitor = Visitor(handoff)
    assert visitor.sign_in(issuer.token(visitor.nonce)).status == 200
    return visitor


@pytest.mark.line("F3")
def test_the_history_is_there_after_signing_in(visitor: Visitor, issuer: Issuer, handoff: Handoff) -> None:
    ready, canceled, queued = visitor.ready_export(), visitor.request_export(), visitor.request_export()
    visitor.trigger("POST", f"/api/exports/{canceled}/cancel")
    before = {export["id"]: export for export in visitor.status("/api/exports").json["items"]}
    assert visitor.sign_in(issuer.token(visitor.nonce)).status == 200
    assert {export["id"]: export for export in visitor.status("/api/exports").json["items"]} == before
    assert owners(handoff) == [owner_of(issuer)]
    assert visitor.trigger("POST", f"/api/exports/{ready['id']}/links").status == 201
    assert visitor.trigger("POST", f"/api/exports/{canceled}/retry").status == 202
    assert handoff.deliver(queued).status == 200, "a run that was under way goes on"


@pytest.mark.line("F3")
def test_the_cookie_of_before_is_nobodys_and_reaches_nothing(
    visitor: Visitor, issuer: Issuer, handoff: Handoff
) -> None:
    """One that somebody else planted, or took, before the person signed in."""
    export_id, planted = visitor.request_export(), visitor.also()
    visitor.sign_in(issuer.token(visitor.nonce))
    assert visitor.cookies != planted.cookies
    assert planted.exports() == []
    assert_problem(planted.status(f"/api/exports/{export_id}"), 404, "not-found")
    later = planted.request_export()
    assert visitor.exports() == [export_id], "what is made with it afterwards does not come to the person by itself"
    assert planted.exports() == [later]


@pytest.mark.line("F3")
def test_signing_in_again_with_the_same_token_does_no_harm(visitor: Visitor, issuer: Issuer, handoff: Handoff) -> None:
    """The first answer was lost: once before its cookie was kept, and once after."""
    export_id, token, before = visitor.request_export(), issuer.token(visitor.nonce), visitor.also()
    answers = [visitor.sign_in(token), before.sign_in(token), visitor.sign_in(token)]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert answers[0].json == answers[1].json == answers[2].json
    assert visitor.exports() == before.exports() == [export_id]


@pytest.mark.line("F3")
def test_what_two_browsers_made_comes_together(visitor: Visitor, issuer: Issuer, handoff: Handoff) -> None:
    first = visitor.request_export()
    visitor.sign_in(issuer.token(visitor.nonce))
    other = Visitor(handoff)
    second = other.request_export()
    other.sign_in(issuer.token(other.nonce))
    assert visitor.exports() == other.exports() == [second, first]


@pytest.mark.line("F3")
def test_one_persons_runs_never_become_anothers(visitor: Visitor, issuer: Issuer, handoff: Handoff) -> None:
    """Somebody else signs in in the same browser, with and without a sign-out between."""
    export_id = visitor.request_export()
    visitor.sign_in(issuer.token(visitor.nonce))
    answer = visitor.sign_in(issuer.token(visitor.nonce, sub="bob", email="bob@corp.com"))
    assert (answer.status, answer.json["email"], visitor.exports()) == (200, "bob@corp.com", [])
    assert_problem(visitor.status(f"/api/exports/{export_id}"), 404, "not-found")
    visitor.sign_out()
    again = Visitor(handoff)
    again.sign_in(issuer.token(again.nonce, sub="carol", email="carol@corp.com"))
    assert again.exports() == []
    assert owners(handoff) == [owner_of(issuer)]


@pytest.mark.line("F3")
def test_the_issuers_name_for_a_person_counts_and_not_their_address(
    visitor: Visitor, issuer: Issuer, handoff: Handoff
) -> None:
    """An address can be given to somebody else, and somebody can be given another."""
    export_id = visitor.request_export()
    visitor.sign_in(issuer.token(visitor.nonce))
    successor, married = Visitor(handoff), Visitor(handoff)
    successor.sign_in(issuer.token(successor.nonce, sub="new ann"))
    married.sign_in(issuer.token(married.nonce, email="ann.smith@corp.example"))
    assert (successor.exports(), married.exports()) == ([], [export_id])


@pytest.mark.line("F3")
@pytest.mark.parametrize(("theirs", "brought"), [(0, 5), (1, 1), (2, 3), (3, 4), (5, 5)])
def test_every_unfinished_run_finds_a_place(
    theirs: int, brought: int, visitor: Visitor, issuer: Issuer, handoff: Handoff
) -> None:
    """Both have been in the same places. None is ended, even where they are more now than one may begin."""
    ann = signed_in(handoff, issuer)
    for _ in range(theirs):
        ann.request_export()
    brought_ids = [visitor.request_export() for _ in range(brought)]
    assert visitor.sign_in(issuer.token(visitor.nonce)).status == 200
    assert unfinished_slots(handoff, owner_of(issuer)) == list(range(1, theirs + brought + 1))
    assert set(brought_ids) <= set(ann.exports())
    answer = ann.trigger("POST", "/api/exports", body={})
    assert answer.status == (202 if theirs + brought < 5 else 429)
    for export_id in brought_ids:
        assert handoff.deliver(export_id).status == 200


@pytest.mark.line("F3")
def test_the_lowest_free_places_are_taken(visitor: Visitor, issuer: Issuer, handoff: Handoff) -> None:
    ann = signed_in(handoff, issuer)
    kept = [ann.request_export() for _ in range(4)]
    for export_id in (kept[0], kept[2]):
        ann.trigger("POST", f"/api/exports/{export_id}/cancel")
    for _ in range(3):
        visitor.request_export()
    visitor.sign_in(issuer.token(visitor.nonce))
    assert unfinished_slots(handoff, owner_of(issuer)) == [1, 2, 3, 4, 5]


@pytest.mark.line("F3")
def test_a_click_that_was_sent_before_and_again_after_signing_in_is_one(visitor: Visitor, issuer: Issuer) -> None:
    export_id = visitor.request_export(**{"Idempotency-Key": "click"})
    visitor.sign_in(issuer.token(visitor.nonce))
    assert visitor.request_export(**{"Idempotency-Key": "click"}) == export_id


@pytest.mark.line("F3")
def test_a_key_that_the_person_used_too_goes_on_to_mean_their_run(
    visitor: Visitor, issuer: Issuer, handoff: Handoff
) -> None:
    ann = signed_in(handoff, issuer)
    hers = ann.request_export(**{"Idempotency-Key": "click"})
    brought = visitor.request_export(**{"Idempotency-Key": "click"})
    assert visitor.sign_in(issuer.token(visitor.nonce)).status == 200
    assert set(visitor.exports()) == {hers, brought}
    assert visitor.request_export(**{"Idempotency-Key": "click"}) == hers
    assert [row["owner"] for row in handoff.rows("SELECT owner FROM idempotency_keys")] == [owner_of(issuer)]


@pytest.mark.line("F3")
def test_pictures_come_along_with_what_they_were_asked_for_with(
    visitor: Visitor, issuer: Issuer, handoff: Handoff
) -> None:
    """Nobody has any without signing in, as long as images need that."""
    export_id = visitor.request_export(**{"Idempotency-Key": "click"})
    (run,) = handoff.rows("SELECT owner FROM runs")
    handoff.rows(
        "INSERT INTO generations VALUES (%(id)s, %(owner)s, 'openai', 'a boat', '1024x1024', 'low', now())",
        id=export_id, owner=run["owner"],
    )  # fmt: skip
    handoff.rows("UPDATE runs SET document = NULL, generation_id = id, position = 1")
    handoff.rows("UPDATE idempotency_keys SET generation_id = run_id")
    assert visitor.sign_in(issuer.token(visitor.nonce)).status == 200
    moved = [{"owner": owner_of(issuer), "id": UUID(export_id)}]
    assert handoff.rows("SELECT owner, id FROM generations") == moved
    assert handoff.rows("SELECT owner, generation_id AS id FROM runs") == moved
    assert handoff.rows("SELECT owner, generation_id AS id FROM idempotency_keys") == moved


# At the same time


def signing_in(visitor: Visitor, issuer: Issuer) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {issuer.token(visitor.nonce)}"}
    return event("POST", "/api/session", cookies=visitor.cookies, headers=headers)


@pytest.mark.line("F3")
def test_tabs_that_sign_in_at_once_all_do(visitor: Visitor, issuer: Issuer, handoff: Handoff) -> None:
    ids = {visitor.request_export() for _ in range(3)}
    containers = [handoff.load("trigger") for _ in range(4)]
    answers = at_once(containers, lambda _: [signing_in(visitor, issuer)])
    assert [answer.status for answer in answers] == [200] * 4
    visitor.sign_in(issuer.token(visitor.nonce))
    assert set(visitor.exports()) == ids
    assert owners(handoff) == [owner_of(issuer)]


@pytest.mark.line("F3")
def test_browsers_that_sign_in_at_once_lose_nothing_while_the_person_goes_on(
    visitor: Visitor, issuer: Issuer, handoff: Handoff
) -> None:
    """Each brings runs that were in the same places; meanwhile the person begins some of their own."""
    ann = signed_in(handoff, issuer)
    others = [Visitor(handoff) for _ in range(4)]
    ids = {other.request_export() for other in others for _ in range(3)}
    containers = [handoff.load("trigger") for _ in range(8)]
    more = event("POST", "/api/exports", cookies=ann.cookies, body={})
    answers = at_once(
        containers, lambda number: [signing_in(others[number], issuer)] if number < len(others) else [more]
    )
    assert [answer.status for answer in answers[:4]] == [200] * 4
    assert {answer.status for answer in answers[4:]} <= {202, 429}
    ids |= {answer.json["id"] for answer in answers[4:] if answer.status == 202}
    assert {item["id"] for item in ann.status("/api/exports", query="limit=100").json["items"]} == ids
    assert owners(handoff) == [owner_of(issuer)]
    slots = unfinished_slots(handoff, owner_of(issuer))
    assert len(slots) == len(set(slots)) == len(ids)


CHANGES = {
    "claimed": "UPDATE runs SET state = 'running', lease_token = id, lease_expires_at = now() + interval '30 s'",
    "canceled": "UPDATE runs SET state = 'canceled', ended_at = now()",
    "retried": "UPDATE runs SET state = 'queued', ended_at = NULL, slot = 1",
    "removed": "DELETE FROM runs",
    "adopted by another": "UPDATE runs SET owner = 'person:another'",
}


@pytest.mark.line("F3")
@pytest.mark.parametrize("change", CHANGES)
def test_a_run_that_changes_at_that_moment_comes_along_as_it_is_then(
    change: str, visitor: Visitor, issuer: Issuer, handoff: Handoff
) -> None:
    """The sign-in waits for the change, and knows no more of it beforehand than anybody."""
    ann = signed_in(handoff, issuer)
    ann.request_export()  # in place 1, where the visitor's is too
    export_id = visitor.request_export()
    if change == "retried":
        visitor.trigger("POST", f"/api/exports/{export_id}/cancel")
    answers: list[Answer] = []
    sent, container = signing_in(visitor, issuer), handoff.load("trigger")
    thread = threading.Thread(target=lambda: answers.append(meanwhile(container, sent)))
    url = handoff.environment["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as changing, psycopg.connect(url, autocommit=True) as watcher:
        with changing.transaction():
            changing.execute(f"{CHANGES[change]} WHERE id = %s".encode(), [export_id])
            thread.start()
            wait_for_a_lock_to_be_waited_for(watcher)
        thread.join()
    assert [answer.status for answer in answers] == [200]
    found = handoff.rows("SELECT owner, state::text FROM runs WHERE id = %(id)s", id=export_id)
    expected = {"claimed": "running", "canceled": "canceled", "retried": "queued", "adopted by another": "queued"}
    if change == "removed":
        assert found == []
    else:
        owner = "person:another" if change == "adopted by another" else owner_of(issuer)
        assert found == [{"owner": owner, "state": expected[change]}]


# A database that is away


@pytest.mark.line("F3")
def test_while_the_database_is_down_nobody_is_half_signed_in(
    visitor: Visitor, issuer: Issuer, handoff: Handoff
) -> None:
    trigger = handoff.load("trigger", DATABASE_URL="postgresql://nobody:nothing@127.0.0.1:1/handoff")
    answer = invoke(trigger, signing_in(visitor, issuer))
    assert_problem(answer, 503, "database-unavailable")
    assert (answer.cookies, answer.headers["retry-after"]) == ([], "2")


# Signing out


@pytest.mark.line("F3")
def test_after_signing_out_there_is_a_new_anonymous_session(visitor: Visitor, issuer: Issuer, handoff: Handoff) -> None:
    before = list(visitor.cookies)
    visitor.request_export()
    visitor.sign_in(issuer.token(visitor.nonce))
    between = list(visitor.cookies)
    answer = visitor.sign_out()
    assert (answer.status, answer.body, visitor.cookies) == (204, b"", [])
    assert visitor.sign_out().status == 204, "its answer may have been lost"
    told = visitor.session()
    assert (told["signed_in"], told["email"]) == (False, None)
    assert visitor.cookies not in (before, between, [])
    assert visitor.exports() == []
    assert told["sign_in"]["nonce"] != visitor.nonce, "nor can the token before be used once more"
    assert_problem(visitor.sign_in(issuer.token(visitor.nonce)), 401, "invalid-token")
