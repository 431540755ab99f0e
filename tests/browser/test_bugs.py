"""Answers of a service that is broken, and of one that is only down: the first are told, the second are waited out."""

from itertools import repeat

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, silent_source
from tests.browser.refusals import BUG, DATABASE_DOWN, EXPORTS, FUNCTION_CRASHED, GATEWAY_TIMEOUT, REF, Gate
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser


def test_a_bug_that_shows_twice_is_told_and_a_retry_is_the_same_request(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    posts = Gate(tab, EXPORTS, [BUG] * 4, method="POST")
    tab.create()
    expect(tab.panel.get_by_role("alert")).to_have_text("Something went wrong on our side.")
    tab.shows(REF)
    assert len(posts.requests) == 2
    tab.press("Retry")
    tab.wait_for(lambda: len(posts.requests) == 4)
    tab.shows(REF)
    tab.press("Retry")
    expect(tab.download).to_be_visible()
    assert len(posts.requests) == 5
    assert len({request.headers["idempotency-key"] for request in posts.requests}) == 1
    assert not any("Connection dropped" in text for text in tab.spoken())
    expect(tab.rows).to_have_count(1)


def test_a_bug_that_shows_once_is_not_worth_a_word(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    posts = Gate(tab, EXPORTS, [BUG], method="POST")
    tab.create_ready()
    assert len({request.headers["idempotency-key"] for request in posts.requests}) == 1
    assert len(posts.requests) == 2
    assert not any("Connection dropped" in text or "went wrong" in text for text in tab.spoken())


def test_a_service_that_is_down_is_asked_the_same_until_it_answers(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    down = [FUNCTION_CRASHED, DATABASE_DOWN, DATABASE_DOWN, GATEWAY_TIMEOUT]
    posts = Gate(tab, EXPORTS, down, method="POST")
    tab.create()
    tab.shows("Connection dropped.")
    expect(tab.download).to_be_visible(timeout=20_000)
    assert len(posts.requests) == len(down) + 1
    assert len({request.headers["idempotency-key"] for request in posts.requests}) == 1
    assert not any("Not available right now" in text for text in tab.spoken())
    expect(tab.rows).to_have_count(1)


def test_a_bug_that_a_line_of_the_history_met_leaves_the_panels_button_as_it_was(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    tab = open_tab(stack)
    tab.create_ready()
    tab.press("Revoke")
    tab.shows("Revoked at")
    tab.press("New export")
    tab.create_ready()
    tab.press("Revoke")
    tab.shows("Revoked at")
    posts = Gate(tab, "**/api/exports/*/links", [BUG] * 2, method="POST")
    tab.rows.last.get_by_role("button", name="New link").click()
    expect(tab.panel.get_by_role("alert")).to_have_text("Something went wrong on our side.")
    assert len(posts.requests) == 2
    assert tab.export_id() not in posts.requests[0].url
    expect(tab.button("Retry")).to_be_hidden()
    tab.press("New link")
    expect(tab.download).to_be_visible()
    assert tab.export_id() in posts.requests[-1].url


def test_what_was_refused_is_forgotten_once_the_export_has_moved(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        Gate(tab, "**/api/exports/*/cancel", repeat(BUG), method="POST")
        tab.press("Cancel")
        tab.shows(REF)
        expect(tab.button("Retry")).to_be_hidden()
        expect(tab.button("Cancel")).to_be_enabled()
    expect(tab.download).to_be_visible(timeout=20_000)
    tab.shows("Ready.")
