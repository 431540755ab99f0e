"""A tab behind others: it asks seldom, tells in its title, and asks at once when it is looked at again.

A browser without a screen shows every tab, so `document.hidden` is set by hand and the browser's event sent (Tab.hide).
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, silent_source
from tests.browser.refusals import EXPORT, HISTORY, Gate
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser

ROUND = 15_000
"""Milliseconds between two looks of a hidden tab."""

UNCHANGED = 1000
"""Milliseconds besides, where nothing had changed."""


def test_a_hidden_tab_looks_every_quarter_of_a_minute_without_holding_a_request_open(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    tab = open_tab(stack)
    tab.page.clock.install()
    tab.page.reload()  # so that the page has no other clock
    looks = Gate(tab, EXPORT, [])
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        tab.stop_clock()
        tab.hide()
        with tab.page.expect_response(HISTORY):
            tab.look_now()  # the request that waits with the server is given up
        expected = [ROUND]
        tab.wait_for(lambda: tab.pauses() == expected)
        before, in_all = len(looks.requests), len(tab.requests)
        for rounds in (1, 2, 3):
            tab.page.clock.run_for(ROUND - 1)
            tab.page.wait_for_timeout(300)
            assert len(looks.requests) == before + rounds - 1
            tab.page.clock.run_for(1)
            expected.append(UNCHANGED)
            tab.wait_for(lambda: tab.pauses() == expected)
            assert len(looks.requests) == before + rounds
            tab.page.clock.run_for(UNCHANGED)
            expected.append(ROUND)
            tab.wait_for(lambda: tab.pauses() == expected)
        assert len(tab.requests) == in_all + 3, "something else asks"
        assert all("prefer" not in request.headers for request in looks.requests[before:])
        tab.show()
        tab.wait_for(lambda: len(looks.requests) > before + 3)
        assert re.fullmatch(r"wait=\d+", looks.requests[-1].headers["prefer"])
    expect(tab.page).to_have_title("Exports · Handoff")


@pytest.mark.parametrize("end", ["Ready", "Failed"])
def test_the_title_tells_how_it_ended_until_the_tab_is_seen(
    open_tab: OpenTab, stack: LocalStack, hasty_stack: LocalStack, end: str
) -> None:
    chosen = stack if end == "Ready" else hasty_stack
    tab = open_tab(chosen)
    with silent_source(chosen):
        tab.create()
        tab.is_preparing()
        tab.hide()
        if end == "Failed":
            tab.wait_for(lambda: tab.export()["state"] == "failed", seconds=40)
    tab.wait_for(lambda: tab.export()["state"] == end.lower())
    tab.look_now()  # rather than in a quarter of a minute
    expect(tab.page).to_have_title(f"{end} · Handoff")
    tab.show()
    expect(tab.page).to_have_title("Exports · Handoff")
