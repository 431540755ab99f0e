"""Copying where the browser does not let the page do it: the text is shown, selected, and read out."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, silent_source
from tests.browser.keyboard import Keyboard
from tests.browser.tab import Tab
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser

NO_CLIPBOARD = "Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined })"
"""As on a page without a secure context: http and not this machine."""


def without_clipboard(tab: Tab, why: str) -> None:
    if why == "refused":
        tab.deny_clipboard()
    else:
        tab.page.add_init_script(NO_CLIPBOARD)
    tab.page.reload()
    assert tab.page.evaluate("typeof navigator.clipboard") == ("object" if why == "refused" else "undefined")


@pytest.mark.parametrize("why", ["refused", "absent"])
def test_a_link_is_shown_to_be_copied_by_hand_and_one_is_back_where_one_was(
    open_tab: OpenTab, stack: LocalStack, why: str
) -> None:
    tab = open_tab(stack)
    without_clipboard(tab, why)
    link = tab.create_ready()
    keyboard = Keyboard(tab)
    keyboard.to("Copy link")
    keyboard.press("Enter")

    # The focus goes into the dialog: its name, its label and what is selected are what is read out.
    dialog = tab.page.get_by_role("dialog", name="Copy it by hand")
    field = dialog.get_by_role("textbox", name="This browser did not let the page use the clipboard.")
    expect(field).to_be_focused()
    expect(field).to_have_value(link)
    expect(field).to_have_attribute("readonly", "")
    assert tab.page.evaluate("getSelection().toString()") == link
    expect(tab.panel.get_by_text("Copied")).to_have_count(0)
    assert [keyboard.step(), keyboard.step()] != [None, None], "nothing but the field has the focus"

    keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(tab.button("Copy link")).to_be_focused()
    expect(tab.page.locator("#dialog-text")).to_have_value("")  # no token stays behind
    tab.shows("Ready.")


def test_the_pages_address_is_shown_too(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.page.clock.install()
    without_clipboard(tab, "refused")
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        tab.page.clock.fast_forward(10_000)
        tab.shows("Still working")
        tab.press("Copy page link")
        expect(tab.page.get_by_role("dialog").get_by_role("textbox")).to_have_value(tab.page.url)
        tab.page.get_by_role("button", name="Close").click()
        tab.press("Cancel")
        tab.shows("Canceled before")
