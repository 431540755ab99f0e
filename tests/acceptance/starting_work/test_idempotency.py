"""A request whose answer was lost can be sent again: Idempotency-Key, per owner, for 24 hours.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import pytest

from tests.support.containers import at_once
from tests.support.documents import letters
from tests.support.functions import Answer, event
from tests.support.handoff import Handoff, Person
from tests.support.postgres_proxy import PostgresProxy, cut
from tests.support.problems import assert_problem
from tests.support.tables import contents

JSON = {"Content-Type": "application/json"}


def ask(person: Person, body: str = "{}", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return person.trigger("POST", "/api/exports", body=body, headers={**JSON, **named})


@pytest.mark.line("D1")
@pytest.mark.parametrize(
    "same",
    [
        "{}",
        ' {\n "parameters" : { } }',
        '{"document": "source-pdf"}',
        '{"parameters": {}, "document": "source-pdf"}',
        '{"document": "source\\u002dpdf"}',
    ],
)
def test_the_same_key_and_body_give_the_same_export_however_the_body_is_written(same: str, handoff: Handoff) -> None:
    person = handoff.person()
    first = ask(person, Idempotency_Key="k-1")
    before = contents(handoff)
    again = ask(person, same, Idempotency_Key="k-1")
    assert (again.status, again.json) == (first.status, first.json) == (202, first.json)
    assert again.headers["location"] == first.headers["location"] == first.json["href"]
    assert contents(handoff) == before
    assert len(handoff.queue.published) == 1


@pytest.mark.line("D1")
def test_the_same_key_with_another_body_is_422_and_changes_nothing(handoff: Handoff) -> None:
    person = handoff.person()
    with letters():
        first = ask(person, '{"document": "letters", "parameters": {"a": 1, "b": 2}}', Idempotency_Key="k-1")
        before = contents(handoff)
        for other in ("{}", '{"document": "letters"}', '{"document": "letters", "parameters": {"a": 1, "b": "2"}}'):
            problem = assert_problem(ask(person, other, Idempotency_Key="k-1"), 422, "idempotency-key-reused")
            assert "another body" in problem["detail"]
            assert first.json["id"] not in str(problem)
    assert contents(handoff) == before
    assert len(handoff.queue.published) == 1


@pytest.mark.line("D1")
def test_the_order_of_the_parameters_makes_no_other_body(handoff: Handoff) -> None:
    person = handoff.person()
    with letters():
        first = ask(person, '{"document": "letters", "parameters": {"a": 1, "b": [2]}}', Idempotency_Key="k-1")
        again = ask(person, '{"parameters": {"b": [2], "a": 1}, "document": "letters"}', Idempotency_Key="k-1")
    assert (again.status, again.json) == (first.status, first.json) == (202, first.json)


@pytest.mark.line("D1")
def test_without_a_key_each_request_is_another_export(handoff: Handoff) -> None:
    person = handoff.person()
    assert len({person.request_export() for _ in range(3)}) == 3


@pytest.mark.line("D1")
def test_a_key_is_the_owners_own(handoff: Handoff) -> None:
    one, other = (handoff.person().request_export(**{"Idempotency-Key": "k"}) for _ in range(2))
    assert one != other


@pytest.mark.line("D1")
def test_two_at_once_give_one_export_and_both_callers_its_id(handoff: Handoff) -> None:
    people = [handoff.person() for _ in range(15)]
    containers = [handoff.load("trigger") for _ in range(4)]

    def events(_: int) -> list[dict[str, object]]:
        return [
            event("POST", "/api/exports", body={}, headers={"Idempotency-Key": "k"}, cookies=person.cookies)
            for person in people
        ]

    answers = at_once(containers, events)
    assert {answer.status for answer in answers} == {202}
    by_person = [
        {answers[turn * len(people) + number].json["id"] for turn in range(4)} for number in range(len(people))
    ]
    assert [len(ids) for ids in by_person] == [1] * len(people)
    held = contents(handoff)
    assert len(held["runs"]) == len(held["outbox"]) == len(held["idempotency_keys"]) == len(people)
    assert {export["id"] for export in held["runs"]} == {next(iter(ids)) for ids in by_person}
    assert len(handoff.queue.published) == len(people), "only who made it publishes it"


@pytest.mark.line("D1")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_answer_that_was_lost_for_good_and_a_request_sent_again_give_the_same_export(
    moment: str, proxied: Handoff, proxy: PostgresProxy
) -> None:
    """The database is cut off at the statement and at its second attempt; then the page tries again."""
    person = proxied.person()
    actions = getattr(proxy, moment)

    def cut_again() -> None:
        actions["request_export"] = cut
        cut()

    actions["request_export"] = cut_again
    refused = ask(person, Idempotency_Key="k")
    assert_problem(refused, 503, "database-unavailable")
    assert "request_export" not in actions, "both attempts were cut"
    export_id = person.request_export(**{"Idempotency-Key": "k"})
    held = contents(proxied)
    assert [export["id"] for export in held["runs"]] == [export_id]
    assert len(held["outbox"]) == len(held["idempotency_keys"]) == 1
    proxied.rows("UPDATE outbox SET publish_after = clock_timestamp()")
    proxied.sweep()
    run_try = proxied.queue.published[-1].json["try"]
    assert proxied.deliver(export_id, run_try).status == 200
    assert person.export(export_id)["state"] == "ready"


@pytest.mark.line("D1")
def test_a_key_stands_for_its_export_for_24_hours_whatever_became_of_it(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export(**{"Idempotency-Key": "k"})
    assert handoff.deliver(export_id).status == 200
    handoff.rows("UPDATE idempotency_keys SET created_at = created_at - interval '23 hours 59 minutes'")
    assert person.request_export(**{"Idempotency-Key": "k"}) == export_id
    handoff.rows("UPDATE idempotency_keys SET created_at = created_at - interval '1 minute'")
    another = person.request_export(**{"Idempotency-Key": "k"})
    assert another != export_id
    assert person.request_export(**{"Idempotency-Key": "k"}) == another


@pytest.mark.line("D1")
def test_a_key_is_answered_even_where_no_further_export_may_be_started(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export(**{"Idempotency-Key": "k"})
    for _ in range(4):
        person.request_export()
    assert_problem(ask(person), 429, "too-many-active")
    assert ask(person, Idempotency_Key="k").json["id"] == export_id


@pytest.mark.line("D1")
def test_a_key_whose_request_was_refused_is_free(handoff: Handoff) -> None:
    person = handoff.person()
    running = [person.request_export() for _ in range(5)]
    before = contents(handoff)
    assert_problem(ask(person, Idempotency_Key="k"), 429, "too-many-active")
    assert_problem(ask(person, '{"document": "other"}', Idempotency_Key="k"), 422, "unknown-document")
    assert contents(handoff) == before
    assert person.trigger("POST", f"/api/exports/{running[0]}/cancel").status == 200
    assert person.request_export(**{"Idempotency-Key": "k"}) not in running


@pytest.mark.line("D1")
@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 201, "ключ", "a\tb", "a\nb", "a\0b", "é", "\x7f"])
def test_a_key_that_is_not_1_to_200_visible_ascii_characters_is_400(key: str, handoff: Handoff) -> None:
    problem = assert_problem(ask(handoff.person(), Idempotency_Key=key), 400, "invalid-header")
    assert "Idempotency-Key" in problem["detail"]
    assert contents(handoff)["runs"] == []


@pytest.mark.line("D1")
@pytest.mark.parametrize("key", ["k", "k" * 200, '"quoted"', "once:00000000-0000-4000-8000-000000000000", "!~", "%00"])
def test_a_key_of_1_to_200_visible_ascii_characters_is_taken(key: str, handoff: Handoff) -> None:
    person = handoff.person()
    assert person.request_export(**{"Idempotency-Key": key}) == person.request_export(**{"Idempotency-Key": key})


@pytest.mark.line("D1")
def test_a_retry_sent_again_under_its_key_starts_the_run_once_whatever_has_become_of_it(handoff: Handoff) -> None:
    person = handoff.person()
    export_id = person.request_export()
    retry, cancel = (f"/api/exports/{export_id}/{what}" for what in ("retry", "cancel"))
    key = {"Idempotency-Key": "one-click"}
    assert handoff.give_up(export_id).status == 200
    assert person.trigger("POST", retry, headers=key).status == 202
    assert person.trigger("POST", retry, headers=key).status == 202
    assert person.trigger("POST", cancel).status == 200
    before = contents(handoff)
    again = person.trigger("POST", retry, headers=key)
    assert (again.status, again.json["id"]) == (202, export_id)
    assert contents(handoff) == before, "the canceled run was started again"
    assert person.trigger("POST", retry, headers={"Idempotency-Key": "another-click"}).status == 202
    export = person.export(export_id)
    assert (export["state"], export["try"]) == ("queued", 3)
    assert_problem(person.trigger("POST", retry, headers={"Idempotency-Key": ""}), 400, "invalid-header")
