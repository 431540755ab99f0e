"""Calls: which have no end though they should, the last two hours as a picture, and a report; on the whole stack."""

import json
import re
from datetime import timedelta
from itertools import repeat
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.people import ANN, CALLS, SOON, gate, missing_endings, sign_in, signed_in, timeline
from tests.browser.refusals import BUG, DATABASE_DOWN, FAILURES, FORBIDDEN, REF, TIMELINE, Gate, throttled_for
from tests.browser.tab import Tab
from tests.support.calls import ended, sign, started
from tests.support.stack import LocalStack, wait_for

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def no_calls(stack: LocalStack) -> None:
    stack.rows("DELETE FROM calls")


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def tell(stack: LocalStack, *events: dict[str, Any]) -> None:
    """As a carrier does it; then all of it is recorded."""
    (before,) = stack.rows("SELECT count(*) AS number FROM call_events")
    secret = stack.settings["CALL_WEBHOOK_SECRETS"].split(",")[0]
    for event in events:
        body = json.dumps(event).encode()
        headers = sign(body, event_id=f"msg_{uuid4().hex}", secret=secret)
        assert httpx.post(f"{stack.page}/events", content=body, headers=headers).status_code == 202
    wait_for(
        lambda: stack.rows("SELECT count(*) AS number FROM call_events")[0]["number"] == before["number"] + len(events)
    )


def opened(open_tab: OpenTab, stack: LocalStack, **context: Any) -> Tab:
    """The view, of somebody who signed in."""
    return open_tab(stack, CALLS, **signed_in(stack), **context)


def test_a_missed_ending_is_listed_with_its_age_and_last_event_and_can_be_marked_as_ended(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    tell(stack, started("lost", minutes(90), **{"from": "+4930", "to": "+4989"}), started("ancient", minutes(300)))
    tell(stack, started("kept", minutes(80)), ended("kept", minutes(70)), started("new", minutes(2)))
    tab = opened(open_tab, stack)
    line = missing_endings(tab)
    expect(line).to_have_count(1, timeout=SOON)
    for words in ("lost", "Started ", "+4930 → +4989", "No end after 1\xa0h 30\xa0min", "Last: call.started, "):
        expect(line).to_contain_text(words)
    expect(tab.page.locator("#calls")).to_contain_text("1 older one, unresolved")

    line.get_by_role("button", name="Mark as ended").click()
    expect(line).to_contain_text(f"by {ANN}")
    expect(line).to_contain_text("Marked as ended ")
    expect(line.get_by_role("button")).to_be_disabled()  # it goes when the focus has left it
    (call,) = stack.rows("SELECT marked_by FROM calls WHERE call_id = 'lost'")
    assert call["marked_by"] == ANN
    tab.page.get_by_text("All calls", exact=True).click()
    calls = tab.page.get_by_role("region", name="All calls").get_by_role("listitem")
    expect(calls).to_contain_text(["new", "kept", "lost", "ancient"])
    expect(calls).to_contain_text(["Under way for", "Ended", f"by {ANN}", "No end after"])


def test_the_timelines_table_says_what_the_service_said(open_tab: OpenTab, stack: LocalStack) -> None:
    tell(stack, started("a", minutes(99)), started("b", minutes(20)), ended("b", minutes(9)), started("c"))
    tab = open_tab(stack, **signed_in(stack))
    with tab.page.expect_response(TIMELINE) as answered:
        tab.page.get_by_role("link", name="Calls").click()
    steps = answered.value.json()["steps"]
    rows = timeline(tab).get_by_role("row")
    expect(rows).to_have_count(1 + len(steps))
    cells = [row.get_by_role("cell").all_inner_texts() for row in rows.all()[1:]]
    kinds = ("started", "ended", "missing")
    assert cells == [[str(step[kind]) for kind in kinds] for step in steps]
    for kind, number in zip(kinds, (3, 1, 1), strict=True):
        assert sum(step[kind] for step in steps) == number
        expect(timeline(tab)).to_contain_text(f"{number} {kind}")
    shapes = tab.page.locator(".chart rect:not([height='0%'])")
    assert shapes.count() == 5, "three bars up, the missing part of one of them, one down"


def test_the_report_is_made_in_the_persons_time_zone_by_the_same_export(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = opened(open_tab, stack, timezone_id="Australia/Eucla")
    tab.page.get_by_role("button", name="Export as PDF").click()
    tab.shows("Ready. The link works for", seconds=30)
    (run,) = stack.rows("SELECT document, parameters FROM runs ORDER BY created_at DESC LIMIT 1")
    assert run == {
        "document": "call-report",
        "parameters": {"window": "2h", "max_call": "1h", "time_zone": "Australia/Eucla"},
    }
    with tab.page.expect_download() as fetched:
        tab.download.click()
    assert fetched.value.path().read_bytes().startswith(b"%PDF")
    tab.page.reload()
    tab.shows("Downloaded once")
    tab.press("Close")
    expect(tab.panel).to_be_hidden()
    expect(tab.page.get_by_role("button", name="Export as PDF")).to_be_focused()
    assert tab.page.url.endswith(CALLS)


def test_a_report_that_was_canceled_is_created_again_in_the_exports_view(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = opened(open_tab, stack)
    with stack.halted("QStash"):
        tab.page.get_by_role("button", name="Export as PDF").click()
        tab.press("Cancel")
        tab.shows("Canceled before it started.")
    tab.page.get_by_role("link", name="Exports").click()
    tab.history.get_by_role("link", name="Call report").first.click()
    tab.press("Create again")
    expect(tab.file_link).to_have_text(re.compile(r"call-report-.*\.pdf"), timeout=SOON)


def test_a_new_event_is_seen_without_a_reload_and_nothing_is_asked_while_nobody_looks(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    tab = opened(open_tab, stack)
    tab.page.clock.install()
    tab.page.reload()  # so that the page has no other clock
    expect(tab.page.locator("#calls")).to_contain_text("No calls in the last two hours.", timeout=SOON)
    tell(stack, started("lost", minutes(90)))
    tab.page.clock.fast_forward(10_000)
    expect(missing_endings(tab)).to_have_count(1)
    tell(stack, ended("lost", minutes(80)))
    tab.hide()
    asked = len(tab.requests)
    tab.page.clock.run_for(60_000)
    assert len(tab.requests) == asked
    tab.show()
    expect(missing_endings(tab)).to_contain_text("Has ended")
    assert "1 suspected missed ending" in tab.spoken()
    assert tab.spoken()[-1] == "No missed endings."


def test_what_is_in_the_way_is_said_in_words_and_what_was_seen_stays(open_tab: OpenTab, stack: LocalStack) -> None:
    tell(stack, started("lost", minutes(90)))
    tab = open_tab(stack, CALLS)
    expect(gate(tab)).to_contain_text("Sign in to see calls.")
    failures = Gate(tab, FAILURES, repeat(FORBIDDEN))
    sign_in(tab)
    whole = tab.page.locator("#calls")
    expect(whole.get_by_role("alert").filter(has_text="The calls could not be loaded.")).to_contain_text("Status 403")
    failures.open()
    whole.get_by_role("button", name="Try again").click()
    expect(missing_endings(tab)).to_have_count(1, timeout=SOON)

    marks = Gate(tab, "**/api/calls/*/end", repeat(BUG), method="POST")
    missing_endings(tab).get_by_role("button", name="Mark as ended").click()
    expect(missing_endings(tab)).to_contain_text(f"Not marked. {REF}", timeout=SOON)
    marks.open()
    for answer, words in ((throttled_for(60), "Too many requests. Asking again in"), (DATABASE_DOWN, "No answer.")):
        stuck = Gate(tab, FAILURES, repeat(answer))
        tab.look_now()
        expect(timeline(tab)).to_contain_text(words, timeout=SOON)
        expect(missing_endings(tab)).to_contain_text("No end after")
        stuck.open()
        tab.look_now()
        expect(timeline(tab)).to_contain_text("As of ", timeout=SOON)
    stack.rows("UPDATE calls SET ended_at = started_at")
    tab.page.context.clear_cookies()
    tab.look_now()
    expect(gate(tab)).to_contain_text("Sign in to see calls.", timeout=SOON)
    expect(whole).not_to_contain_text("lost", use_inner_text=True)


def test_calls_need_no_mouse_and_further_pages_can_be_had(open_tab: OpenTab, stack: LocalStack) -> None:
    tell(stack, *(started(f"call-{number}", minutes(70 + number)) for number in range(21)))
    tab = opened(open_tab, stack)
    expect(missing_endings(tab)).to_have_count(20, timeout=SOON)
    keyboard = Keyboard(tab)
    keyboard.to("Mark as ended")
    keyboard.press("Enter")
    expect(missing_endings(tab).first).to_contain_text(f"by {ANN}")
    keyboard.to("Show older")
    keyboard.press("Enter")
    expect(missing_endings(tab)).to_have_count(21)
    keyboard.to("Export as PDF", back=True)
    keyboard.press("Enter")
    tab.shows("Ready. The link works for", seconds=30)
    keyboard.to("Download")
    with tab.page.expect_download():
        keyboard.press("Enter")
    assert keyboard.jumps() == []
