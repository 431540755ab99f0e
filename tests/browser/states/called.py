"""The Calls view, signed out and in."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat

from playwright.sync_api import expect

from tests.browser.people import CALLS, SOON, missing_endings, signed_in
from tests.browser.refusals import FAILURES, FORBIDDEN, TIMELINE, Gate, throttled_for
from tests.browser.states.stage import Stage
from tests.browser.tab import Tab

EMPTIED = "DELETE FROM calls"
TOLD = """
INSERT INTO calls (id, carrier, call_id, caller, callee, started_at, ended_at, end_reason, first_event_at,
    last_event_at, last_event, events, created_at, updated_at)
  SELECT gen_random_uuid(), 'generic', call_id, '+49 30 901820', '+49 89 2180', now() - began, now() - ended, reason,
    now() - began, now() - COALESCE(ended, began), name, 2, now() - began, now()
  FROM (VALUES %(calls)s) AS call (call_id, began, ended, reason, name)
"""
OVER = [(f"'CA{minute:032x}'", minute, minute - 2 - minute % 7) for minute in range(5, 119, 6)]
"""Calls of the last two hours: id, and how many minutes ago they began and ended."""
LOST = [("'CA5f3a9c0d7e214b6688d1c02e9ab4f713'", 64), ("'support-2041'", 96), ("'support-2038'", 98), ("'old'", 300)]


def tell(stage: Stage, *calls: str) -> None:
    """As if carriers had told of these calls, and of no others."""
    stage.stack.rows(EMPTIED)
    if calls:
        stage.stack.rows(TOLD.replace("%(calls)s", ", ".join(calls)))


def over(call_id: str, began: int, ended: int) -> str:
    return f"({call_id}, interval '{began} minutes', interval '{ended} minutes', 'hung up', 'call.ended')"


def lost(call_id: str, began: int) -> str:
    return f"({call_id}, interval '{began} minutes', NULL::interval, NULL, 'call.answered')"


ALL = [over(*call) for call in OVER] + [lost(*call) for call in LOST] + [lost("'talking'", 4)]


@contextmanager
def somebody(stage: Stage) -> Iterator[Tab]:
    """Who signed in."""
    with stage.visitor(CALLS, **signed_in(stage.stack)) as tab:
        yield tab


def signed_out(stage: Stage) -> Iterator[Tab]:
    """Nobody has signed in."""
    with stage.visitor(CALLS) as tab:
        yield tab


def empty(stage: Stage) -> Iterator[Tab]:
    """No carrier has told of any call."""
    tell(stage)
    with somebody(stage) as tab:
        yield tab


def loading(stage: Stage) -> Iterator[Tab]:
    """The calls are on their way."""
    with somebody(stage) as tab:
        for url in (FAILURES, TIMELINE):
            stage.never_answer(tab, url)
        tab.page.reload()
        yield tab


def missing(stage: Stage) -> Iterator[Tab]:
    """Some calls have no end; one was marked."""
    tell(stage, *ALL)
    with somebody(stage) as tab:
        missing_endings(tab).nth(1).get_by_role("button", name="Mark as ended").click()
        expect(missing_endings(tab).nth(1)).to_contain_text("by ann@corp.example")
        tab.page.get_by_text("All calls", exact=True).first.click()
        expect(tab.page.get_by_role("region", name="All calls").get_by_role("listitem")).to_have_count(20)
        yield tab


def reported(stage: Stage) -> Iterator[Tab]:
    """The report is there."""
    tell(stage, *ALL)
    with somebody(stage) as tab:
        tab.page.get_by_role("button", name="Export as PDF").click()
        expect(tab.download).to_be_visible(timeout=SOON)
        yield tab


def refused(stage: Stage) -> Iterator[Tab]:
    """The calls were refused."""
    with somebody(stage) as tab:
        Gate(tab, FAILURES, repeat(FORBIDDEN))
        tab.page.reload()
        yield tab


def throttled(stage: Stage) -> Iterator[Tab]:
    """Looking at them is to wait: what was seen stays."""
    tell(stage, *ALL)
    with somebody(stage) as tab:
        expect(missing_endings(tab)).to_have_count(3)
        Gate(tab, FAILURES, repeat(throttled_for(60)))
        tab.look_now()
        yield tab
