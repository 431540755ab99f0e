"""`handoff simulate calls`: what is played has the asked shares, and one event that is amiss afterwards is found."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from standardwebhooks import Webhook

from infra.local.cli import main
from infra.local.errors import LocalError
from infra.local.simulate.check import Verdict, verdict
from infra.local.simulate.expected import Outlook, known, suspected
from infra.local.simulate.insider import insider
from infra.local.simulate.plan import Plan, Wish, make_plan
from infra.local.simulate.play import play, signed
from tests.support.calls import deliver_all
from tests.support.environment import CALL_SECRET
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff
from tests.support.servers import http_server, send

HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=10)
OUTLOOK = Outlook(MINUTES, 2 * HOUR)
WISH = Wish(rate=200, seconds=60, duplicates=0.1, disorder=0.05, lost=0.02, span=2 * HOUR, max_call=HOUR, seed=7)
FEW = replace(WISH, seconds=0.165, lost=0.4, disorder=0.2, max_call=MINUTES)
NOW = datetime(2026, 1, 31, 14, 3, 20, tzinfo=UTC)


# What is planned


def test_a_plan_has_the_asked_rate_and_shares() -> None:
    plan = make_plan(WISH, NOW)
    told = sum(len(call.events) for call in plan.calls)
    assert len(plan.sendings) == pytest.approx(12_000, abs=5)
    assert plan.repeated == round(0.1 * told)
    assert out_of_order(plan) == plan.late == round(0.05 * told)
    assert sum(call.is_lost for call in plan.calls) == round(0.02 * len(plan.calls))
    moments = [sending.at for sending in plan.sendings]
    assert moments == sorted(moments)
    assert 0 <= moments[0] < moments[-1] <= 60


def test_the_same_seed_and_moment_give_the_same_plan_and_another_seed_another() -> None:
    assert make_plan(FEW, NOW) == make_plan(FEW, NOW)
    assert make_plan(FEW, NOW).sendings != make_plan(replace(FEW, seed=8), NOW).sendings


def test_a_call_is_over_by_now_shorter_than_a_call_can_be_and_without_an_ending_where_that_is_lost() -> None:
    for call in make_plan(WISH, NOW).calls:
        moments = {event.type: event.at for event in call.events}
        assert NOW - 2 * HOUR <= moments["call.started"] == call.started_at == min(moments.values())
        assert ("call.ended" not in moments) == call.is_lost
        assert max(moments.values()) <= min(NOW, call.started_at + HOUR)
        assert all(json.loads(event.body)["data"]["call_id"] == call.id for event in call.events)


def out_of_order(plan: Plan) -> int:
    """Events that are sent for the first time after a later one of their call."""
    late, seen, latest = 0, set[str](), dict[str, datetime]()
    for told in (sending.event for sending in plan.sendings):
        late += told.id not in seen and told.at < latest.get(told.call_id, told.at)
        seen.add(told.id)
        latest[told.call_id] = max(told.at, latest.get(told.call_id, told.at))
    return late


# How it is played


def test_events_are_sent_when_they_are_due_each_with_a_signature_of_its_own_and_failures_are_told() -> None:
    plan = make_plan(replace(FEW, seconds=0.1), NOW)
    everybody = asyncio.Barrier(len(plan.sendings))
    seen: Counter[str] = Counter()

    async def post(headers: Mapping[str, str], body: bytes) -> int:
        await everybody.wait()  # nobody is answered before the last was sent
        Webhook(CALL_SECRET).verify(body, dict(headers))
        seen[headers["webhook-id"]] += 1
        if headers["webhook-id"].endswith("-0"):
            raise ConnectionResetError
        return 202

    played = asyncio.run(play(plan, post, CALL_SECRET))
    first = sum(times for event_id, times in seen.items() if event_id.endswith("-0"))
    assert seen == Counter(sending.event.id for sending in plan.sendings)
    assert played.answers == {"202": len(plan.sendings) - first, "ConnectionResetError": first}
    assert played.accepted == {event_id for event_id in seen if not event_id.endswith("-0")}
    assert known(plan.calls, played.accepted) == []
    answered = next(sending for sending in plan.sendings if not sending.event.id.endswith("-0"))
    assert max(played.latencies) >= plan.sendings[-1].at - answered.at


def test_what_must_be_listed_lost_its_ending_and_began_in_the_window_before_the_longest_call() -> None:
    calls = make_plan(FEW, NOW).calls
    lost = {call.id for call in calls if call.is_lost}
    assert suspected(calls, Outlook(HOUR, 2 * HOUR), NOW) < lost
    assert suspected(calls, Outlook(timedelta(0), 3 * HOUR), NOW) == lost
    assert suspected(calls, OUTLOOK, NOW + 3 * HOUR) == set()


# What is found


def look(handoff: Handoff, plan: Plan) -> Verdict:
    """In small pages, so that there are several."""
    person = handoff.signed_in()

    def read(path: str, query: dict[str, str]) -> dict[str, Any]:
        answer = person.status(path, query=urlencode({**query, "limit": "3"}))
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    return verdict(read, plan.calls, plan.prefix, OUTLOOK, patience_seconds=0)


@pytest.fixture
def plan(handoff: Handoff) -> Plan:
    """Played to the functions, and all of it recorded."""
    made = make_plan(FEW, datetime.now(UTC))
    for sending in made.sendings:
        headers = signed(sending.event, Webhook(CALL_SECRET))
        sent = event("POST", "/events", body=sending.event.body, headers=headers)
        assert invoke(handoff.trigger, sent).status == 202
    deliver_all(handoff)
    return made


def test_nothing_is_amiss_where_everything_is_recorded_once(handoff: Handoff, plan: Plan) -> None:
    found = look(handoff, plan)
    assert found.is_exact, found
    assert found.expected == len(suspected(plan.calls, OUTLOOK, datetime.now(UTC))) > 2


LOST = "(SELECT min(call_id) FROM calls WHERE ended_at IS NULL AND started_at < now() - interval '11 minutes')"
ENDED = "(SELECT min(call_id) FROM calls WHERE ended_at IS NOT NULL AND started_at < now() - interval '11 minutes')"
AMISS: dict[str, tuple[str, Callable[[Verdict], int]]] = {
    "a missed ending is not listed": (
        f"UPDATE calls SET ended_at = now() WHERE call_id = {LOST}",
        lambda found: len(found.missing),
    ),
    "an ending that was told is listed": (
        f"UPDATE calls SET ended_at = NULL, end_reason = NULL WHERE call_id = {ENDED}",
        lambda found: len(found.unexpected),
    ),
    "a call is there twice": (
        "INSERT INTO calls SELECT gen_random_uuid(), 'another', call_id, caller, callee, started_at, ended_at,"
        " end_reason, first_event_at, last_event_at, last_event, 1, marked_at, marked_by, created_at, updated_at"
        f" FROM calls WHERE call_id = {LOST}",
        lambda found: len(found.doubled) * found.events_doubled,
    ),
    "an event is not counted": (
        f"UPDATE calls SET events = events - 1 WHERE call_id = {ENDED}",
        lambda found: found.events_lost,
    ),
    "an event is counted twice": (
        f"UPDATE calls SET events = events + 1 WHERE call_id = {ENDED}",
        lambda found: found.events_doubled,
    ),
}


@pytest.mark.parametrize("name", AMISS)
def test_one_thing_that_is_amiss_is_found_and_nothing_else(name: str, handoff: Handoff, plan: Plan) -> None:
    change, what = AMISS[name]
    handoff.rows(change)
    found = look(handoff, plan)
    amiss = (found.missing, found.unexpected, found.doubled, found.events_lost, found.events_doubled)
    assert what(found) == 1, found
    together = 2 if found.doubled else 1  # such a call's events count twice too
    assert sum(part if isinstance(part, int) else len(part) for part in amiss) == together, found
    assert not found.is_exact


def test_at_another_issuer_a_persons_cookie_is_needed_and_sent() -> None:
    def respond(handler: BaseHTTPRequestHandler) -> None:
        signed_in = handler.headers["Cookie"] == "handoff-session=ann"
        about = {"client_id": "page", "authorization_endpoint": "https://issuer.example/authorize"}
        session = {"signed_in": signed_in, "sign_in": about}
        send(handler, 200, json.dumps(session).encode())

    with http_server(respond) as url:
        with (
            pytest.raises(LocalError, match="set SESSION to your session's cookie"),
            insider(url, {}),
        ):
            pass
        with insider(url, {"SESSION": "ann"}) as read:
            assert read("/api/calls", {})["signed_in"] is True


# What whoever plays is told


WRONG: tuple[tuple[list[str], str], ...] = (
    ([], "Nothing runs here: start it with `make dev`, or name a Handoff with --url."),
    (["--url", "handoff.example"], "--url must be the address of a page"),
    (["--url", "https://handoff.example"], "CALL_WEBHOOK_SECRETS must be the secret that signs events at https://ha"),
    (["--max-call", "2h"], "--span and --window must be longer than --max-call"),
    (["--lost", "2"], "argument --lost: must be a share of 0% to 100%, such as 2%"),
    (["--lost", "101%"], "argument --lost: must be a share of 0% to 100%, such as 2%"),
    (["--rate", "0"], "argument --rate: must be more than 0"),
    (["--rate", "nan"], "argument --rate: must be more than 0"),
    (["--duration", "1"], "argument --duration: it must be a number of s, m or h"),
)


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_what_is_wrong_with_the_wish_is_named_before_anything_is_sent(
    given: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CALL_WEBHOOK_SECRETS", raising=False)
    try:
        code: str | int | None = main(["--folder", str(tmp_path), "simulate", "calls", *given])
    except SystemExit as error:
        code = error.code
    assert code == 2
    assert told in capsys.readouterr().err
