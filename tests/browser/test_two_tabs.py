"""Two tabs of one person: what one does, the other shows."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, silent_source
from tests.browser.tab import Tab
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser


def beside(open_tab: OpenTab, first: Tab) -> Tab:
    """Another tab of the same person, at the same address."""
    return open_tab(first.stack, first.page.url.removeprefix(first.stack.page), beside=first)


def test_the_address_alone_brings_the_same_export_and_link_to_another_tab(open_tab: OpenTab, stack: LocalStack) -> None:
    first = open_tab(stack)
    link = first.create_ready()
    second = beside(open_tab, first)
    expect(second.download).to_have_attribute("href", link)
    expect(second.rows).to_have_count(1)
    expect(second.rows.locator("[aria-current=true]")).to_have_count(1)
    assert second.export_id() == first.export_id()


def test_a_link_that_one_tab_revokes_is_revoked_in_the_other(open_tab: OpenTab, stack: LocalStack) -> None:
    first = open_tab(stack)
    old = first.create_ready()
    second = beside(open_tab, first)
    expect(second.download).to_have_attribute("href", old)
    first.press("Revoke")
    second.shows("Revoked at")
    expect(second.rows.first).to_contain_text("Revoked")


def test_a_link_that_one_tab_renews_is_in_the_other_at_once_or_when_that_is_looked_at(
    open_tab: OpenTab, hasty_stack: LocalStack
) -> None:
    first = open_tab(hasty_stack)
    old = first.create_ready()
    second = beside(open_tab, first)
    second.press("New link")
    expect(second.download).not_to_have_attribute("href", old)
    expect(first.download).to_have_attribute("href", second.link())
    second.shows("This link ended at")
    first.shows("This link ended at")  # now nothing changes by itself, and nobody asks
    first.hide()
    second.button("New link").first.click()  # the button that had the focus is still there
    expect(second.download).to_be_visible()
    first.show()
    expect(first.download).to_have_attribute("href", second.link())


def test_both_may_revoke_at_once(open_tab: OpenTab, stack: LocalStack) -> None:
    tabs = [open_tab(stack)]
    link = tabs[0].create_ready()
    tabs.append(beside(open_tab, tabs[0]))
    expect(tabs[1].download).to_have_attribute("href", link)
    for tab in tabs:  # neither waits for the other's answer
        tab.page.evaluate("setTimeout(() => document.querySelector('[data-action=revoke]').click(), 200)")
    for tab in tabs:
        tab.shows("Revoked at")
        expect(tab.panel.get_by_role("alert")).to_be_hidden()
    assert tabs[0].page.request.get(link).status == 410


def test_what_one_tab_cancels_is_canceled_in_the_other(open_tab: OpenTab, stack: LocalStack) -> None:
    first = open_tab(stack)
    with silent_source(stack):
        first.create()
        first.is_preparing()
        second = beside(open_tab, first)
        second.is_preparing()
        second.press("Cancel")
        first.shows("Canceled before")
        expect(first.rows.first).to_contain_text("Canceled")


def test_an_export_of_one_tab_is_in_the_others_history_once_that_is_looked_at(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    first = open_tab(stack)
    second = open_tab(stack, beside=first)
    expect(second.history.get_by_text("Nothing here yet.")).to_be_visible()
    second.hide()
    first.create_ready()
    second.show()
    expect(second.rows).to_have_count(1)
    second.shows("Create a PDF.")  # what it was doing is left to it
    second.rows.get_by_role("link", name=re.compile("document")).first.click()
    expect(second.download).to_have_attribute("href", first.link())
