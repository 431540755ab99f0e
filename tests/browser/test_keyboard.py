"""The whole story with Tab, Enter, Space and Escape alone."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, silent_source
from tests.browser.keyboard import Keyboard
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser

CLIPBOARD = ["clipboard-read", "clipboard-write"]


def test_create_download_copy_revoke_and_new_link_need_no_mouse(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack, permissions=CLIPBOARD)
    keyboard = Keyboard(tab)
    keyboard.to("Create PDF")
    keyboard.press("Enter")
    expect(tab.download).to_be_visible()
    assert tab.focused() == "Download"
    with tab.page.expect_download():
        keyboard.press("Enter")
    keyboard.to("Copy link")
    keyboard.press("Space")
    expect(tab.button("Copied")).to_be_visible()
    assert tab.focused() == "Copied"
    assert tab.page.evaluate("navigator.clipboard.readText()") == tab.link()
    keyboard.to("Revoke")
    keyboard.press("Space")
    tab.shows("Revoked at")
    assert tab.focused() == "Revoke"
    keyboard.to("New link", back=True)
    keyboard.press("Space")
    tab.shows("Ready.")
    assert tab.focused() == "Download"
    keyboard.to("New export", back=True)
    keyboard.press("Enter")
    tab.shows("Create a PDF.")
    assert tab.focused() == "New export"
    keyboard.to("Create PDF")
    assert keyboard.jumps() == []


def test_cancel_and_retry_need_no_mouse(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    keyboard = Keyboard(tab)
    with silent_source(hasty_stack):
        keyboard.to("Create PDF")
        keyboard.press("Space")
        tab.is_preparing()
        keyboard.to("Cancel", back=True)
        keyboard.press("Enter")
        tab.shows("Canceled before")
        assert tab.focused() == "Cancel"
        expect(tab.button("Create again")).to_be_enabled()  # its words may come a moment after the state's
        keyboard.to("Create again")
        expect(tab.button("Create again")).to_be_focused()  # not the history's
        keyboard.press("Enter")
        tab.shows(re.compile(r"\(2 tries\)\."), seconds=20)
        expect(tab.button("Retry")).to_be_focused()
    keyboard.press("Space")
    expect(tab.download).to_be_visible()
    assert tab.focused() == "Download"
    tab.shows("This link ended at")  # by itself, and the focus stays
    assert tab.focused() == "New link"
    assert keyboard.jumps() == []


def test_the_history_is_paged_and_opened_without_a_mouse(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    made = [tab.make_ready() for _ in range(21)]
    tab.page.reload()
    expect(tab.rows).to_have_count(20)
    keyboard = Keyboard(tab)
    keyboard.to("Show older")
    keyboard.press("Enter")
    expect(tab.rows).to_have_count(21)
    assert tab.focused() == "Show older"
    last = tab.rows.last.get_by_role("link").first
    keyboard.to((last.text_content() or "").strip(), back=True)
    keyboard.press("Enter")
    tab.shows("Ready.")
    assert tab.export_id() == made[0]
    expect(last).to_be_focused()
    assert keyboard.jumps() == []


@pytest.mark.parametrize("width", [1280, 320])
def test_the_keyboard_goes_through_the_page_as_one_reads_it_and_out_again(
    open_tab: OpenTab, stack: LocalStack, width: int
) -> None:
    tab = open_tab(stack, viewport={"width": width, "height": 800})
    tab.make_ready()
    tab.page.reload()
    tab.create_ready()
    expect(tab.rows).to_have_count(2)
    keyboard = Keyboard(tab)
    stops = keyboard.round()
    words = [stop["words"] for stop in stops]
    head = words.index("document.pdf")  # before it: the other views that there are, and signing in
    assert words[:2] == ["Handoff", "Exports"]
    assert words[head + 1 : head + 5] == ["New export", "Download", "Copy link", "Revoke"]
    assert len(words) == head + 5 + 2 * 2
    for before, after in pairwise(stops):
        assert after["bottom"] > before["top"], "it goes up"
        assert after["top"] >= before["bottom"] or after["left"] >= before["left"], "it goes back in a line"
    assert [stop["words"] for stop in keyboard.round(back=True)] == words[::-1]
    assert keyboard.jumps() == []
