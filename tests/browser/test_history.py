"""The history below: newest first, page by page, each line with what can be done now."""

import re
from itertools import repeat

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import OpenTab
from tests.browser.refusals import FORBIDDEN, HISTORY, Gate
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser


def test_pages_of_twenty_come_newest_first(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    made = [tab.make_ready() for _ in range(23)]
    tab.page.reload()
    expect(tab.rows).to_have_count(20)
    tab.history.get_by_role("button", name="Show older").click()
    expect(tab.rows).to_have_count(23)
    expect(tab.history.get_by_role("button", name="Show older")).to_be_disabled()
    shown = [link.get_attribute("href") for link in tab.rows.locator("a[href^='#']").all()]
    assert shown == [f"#export={export_id}" for export_id in reversed(made)]


def test_a_line_opens_its_export_above(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    first, second = tab.make_ready(), tab.make_ready()
    tab.page.reload()
    for export_id in (first, second):
        line = tab.history.locator(f"a[href='#export={export_id}']")
        line.click()
        expect(line).to_have_attribute("aria-current", "true")
        expect(tab.history.locator("[aria-current]")).to_have_count(1)
        tab.shows("Ready.")
        assert tab.export_id() == export_id


def test_a_line_gives_a_new_link_where_it_stands(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.create_ready()
    tab.press("Revoke")
    tab.shows("Revoked at")
    tab.press("New export")
    tab.rows.get_by_role("button", name="New link").click()
    link = tab.rows.get_by_role("link", name="Download")
    expect(link).to_be_visible()
    expect(tab.rows.first).to_contain_text("Ready, 1:5")
    assert tab.page.request.get(link.get_attribute("href") or "").status == 200
    tab.shows("Create a PDF.")


def test_a_line_tells_by_itself_that_its_link_has_ended(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    tab.create_ready()
    tab.press("New export")
    expect(tab.rows.first).to_contain_text(re.compile(r"Ready, 0:0\d left"))
    expect(tab.rows.first).to_contain_text("Link ended", timeout=15_000)
    expect(tab.rows.get_by_role("button", name="New link")).to_be_enabled()


def test_a_removed_file_looks_different_from_an_ended_link(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    tab.create_ready()
    export_id = tab.export_id()
    hasty_stack.rows(
        "UPDATE files SET (created_at, stored_at) = (created_at - interval '8 days', stored_at - interval '8 days')"
        " WHERE run_id = %(id)s",
        id=export_id,
    )
    tab.shows("The file was removed after 7 days.")
    expect(tab.file_link).to_have_attribute("aria-disabled", "true")
    expect(tab.button("New link")).to_be_hidden()
    expect(tab.rows.first).to_contain_text("File removed")
    tab.press("Create again")
    expect(tab.download).to_be_visible()
    assert tab.export_id() != export_id


def test_loading_empty_and_error_look_different(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    empty = tab.history.get_by_text("Nothing here yet.")
    error = tab.history.get_by_text("Your history could not be loaded.")
    loading = tab.history.get_by_text("Loading your history…")
    expect(empty).to_be_visible()

    held: list[Route] = []
    tab.page.route("**/api/exports?*", lambda route: held.append(route))
    tab.page.reload()
    expect(loading).to_be_visible()
    expect(empty).to_be_hidden()

    tab.wait_for(lambda: held)
    held[0].abort()
    expect(error).to_be_visible()
    expect(loading).to_be_hidden()
    expect(empty).to_be_hidden()

    tab.page.unroute_all()
    for route in held[1:]:
        route.continue_()
    expect(empty).to_be_visible(timeout=15_000)
    expect(error).to_be_hidden()


def test_a_refused_history_says_so_and_is_had_by_trying_again(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.make_ready()
    history = Gate(tab, HISTORY, repeat(FORBIDDEN))
    tab.page.reload()
    expect(tab.history.get_by_text("Your history could not be loaded.")).to_be_visible()
    history.open()
    tab.history.get_by_role("button", name="Try again").click()
    expect(tab.rows).to_have_count(1)


def test_older_ones_that_were_refused_can_be_asked_for_again(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    for _ in range(21):
        tab.make_ready()
    tab.page.reload()
    expect(tab.rows).to_have_count(20)
    history = Gate(tab, HISTORY, repeat(FORBIDDEN))
    tab.history.get_by_role("button", name="Show older").click()
    stuck = tab.history.get_by_role("button", name="Could not be loaded. Try again")
    expect(stuck).to_be_enabled()
    history.open()
    stuck.click()
    expect(tab.rows).to_have_count(21)
