"""For everyone: where the focus is, what is read aloud, and nothing moves. Each state by itself: test_states.py."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, silent_source
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser


def test_the_focus_stays_where_it_was_when_the_export_ends(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        tab.button("Cancel").focus()
    expect(tab.download).to_be_visible(timeout=20_000)
    assert tab.focused() == "Cancel"
    expect(tab.button("Cancel")).to_have_attribute("aria-disabled", "true")
    tab.page.keyboard.press("Tab")
    expect(tab.button("Cancel")).to_be_hidden()


def test_what_changes_is_read_aloud_once_and_the_countdown_is_not(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.page.clock.install()
    tab.create_ready()
    tab.shows("works for 1:58.")
    assert [text for text in tab.spoken() if text.startswith("Ready")] == ["Ready. The link works for 2 minutes."]
    tab.page.clock.fast_forward(56_000)
    tab.shows(re.compile(r"works for 0:5\d"))
    assert tab.spoken()[-1] == "The link works for 1 minute."
    tab.page.clock.fast_forward(40_000)
    tab.shows("The link ends in")
    assert re.fullmatch(r"The link ends in \d+ seconds\. A new link gives you more time\.", tab.spoken()[-1])
    assert len(tab.spoken()) == len(set(tab.spoken()))


def test_an_end_and_a_failure_are_read_aloud(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    tab.create_ready()
    tab.shows("This link ended at")
    assert re.match(r"This link ended at .*\. Your file is still here\.", tab.spoken()[-1])
    tab.press("New export")
    with silent_source(hasty_stack):
        tab.create()
        tab.shows("(2 tries).", seconds=20)
    assert "(2 tries)." in tab.spoken()[-1]


@pytest.mark.parametrize("width", [1280, 640, 320])
def test_nothing_moves_when_the_link_appears(open_tab: OpenTab, stack: LocalStack, width: int) -> None:
    tab = open_tab(stack, viewport={"width": width, "height": 800})
    with silent_source(stack):
        tab.create()
        tab.shows("Preparing… 0:01")
        height = tab.panel.bounding_box()
    expect(tab.download).to_be_visible(timeout=20_000)
    assert tab.panel.bounding_box() == height
    tab.page.wait_for_timeout(300)
    assert tab.page.evaluate("shifts") == []
