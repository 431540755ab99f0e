"""The person's whole way: a click, a link, a file, the end of the link, and always a way on."""

import re

import pytest
from playwright.sync_api import Route, expect

from infra.local.source import DEFAULT_PDF
from tests.browser.conftest import OpenTab, silent_source
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser

PDF = DEFAULT_PDF.read_bytes()


def test_a_click_becomes_a_link_without_a_reload_and_the_link_gives_the_source_file(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    tab = open_tab(stack)
    tab.page.evaluate("window.notReloaded = true")
    tab.create()
    tab.shows("Ready. The link works for")
    with tab.page.expect_download() as download:
        tab.download.click()
    assert download.value.path().read_bytes() == PDF
    assert download.value.suggested_filename == "document.pdf"
    tab.shows("Downloaded once")
    expect(tab.rows.first).to_contain_text("1 download")
    assert tab.page.evaluate("window.notReloaded") is True


def test_the_countdown_runs_and_says_when_it_ends(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.create_ready()
    tab.shows(re.compile(r"works for (2:00|1:59)\."))
    tab.shows("works for 1:57.")
    expect(tab.rows.first).to_contain_text("Ready, 1:5")
    tab.shows(re.compile(r"Until \d{1,2}:\d\d:\d\d"))


def test_a_link_ends_struck_through_and_a_new_one_works_at_once(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    old = tab.create_ready()
    tab.shows(re.compile(r"The link ends in \d\xa0s\."))
    tab.shows("This link ended at")
    tab.shows("Your file is still here.")
    expect(tab.file_link).to_have_attribute("aria-disabled", "true")
    expect(tab.file_link).not_to_have_attribute("href", re.compile(""))
    expect(tab.file_link).to_have_css("text-decoration-line", "line-through")
    assert tab.page.request.get(old).status == 410

    tab.press("New link")
    expect(tab.download).to_be_visible()
    assert tab.link() != old
    assert tab.page.request.get(tab.link()).body() == PDF
    assert tab.export()["try"] == 1
    expect(tab.rows).to_have_count(1)


def test_before_the_end_a_new_link_gives_more_time(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    old = tab.create_ready()
    tab.press("New link")
    expect(tab.download).not_to_have_attribute("href", old)
    assert tab.page.request.get(tab.link()).status == 200


def test_a_revoked_link_gives_nothing_and_a_new_one_works(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    old = tab.create_ready()
    tab.press("Revoke")
    tab.shows("Revoked at")
    assert tab.page.request.get(old).status == 410
    expect(tab.rows.first).to_contain_text("Revoked")
    expect(tab.button("Revoke")).to_have_attribute("aria-disabled", "true")

    tab.press("New link")
    tab.shows("Ready.")
    assert tab.page.request.get(tab.link()).body() == PDF


def test_revoking_ends_every_link_that_still_works(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    first = tab.create_ready()
    tab.press("New link")
    expect(tab.download).not_to_have_attribute("href", first)
    second = tab.link()
    tab.press("Revoke")
    tab.shows("Revoked at")
    assert [tab.page.request.get(url).status for url in (first, second)] == [410, 410]


def test_revoking_ends_also_links_that_show_only_once_others_have_ended(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    urls = [tab.create_ready()]
    address = f"{stack.page}/api/exports/{tab.export_id()}"

    def show_one_link(route: Route) -> None:
        """A run shows only so many of its links. Here it is one, first of all one that works."""
        answer = route.fetch()
        if answer.status != 200:
            return route.fulfill(response=answer)
        body = answer.json()
        live = [link for link in body["links"] if link["state"] == "live"]
        return route.fulfill(response=answer, json={**body, "links": (live or body["links"])[:1]})

    tab.page.route(address, show_one_link)
    urls += [tab.page.request.post(f"{address}/links").json()["url"] for _ in range(2)]
    expect(tab.download).to_have_attribute("href", urls[-1])
    tab.press("Revoke")
    tab.shows("Revoked at")
    assert [tab.page.request.get(url).status for url in urls] == [410] * 3


def test_an_older_link_that_works_under_a_revoked_one_is_shown_and_can_be_revoked(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    tab = open_tab(stack)
    older = tab.create_ready()
    links = f"{stack.page}/api/exports/{tab.export_id()}/links"
    newer = tab.page.request.post(links).json()
    expect(tab.download).to_have_attribute("href", newer["url"])
    assert tab.page.request.delete(f"{stack.page}/api/links/{newer['id']}").ok
    expect(tab.download).to_have_attribute("href", older)
    tab.shows("Ready.")
    expect(tab.rows.first).to_contain_text("Ready")
    tab.press("Revoke")
    tab.shows("Revoked at")
    assert tab.page.request.get(older).status == 410


def test_an_export_that_failed_says_why_and_a_retry_makes_it(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    with silent_source(hasty_stack):
        tab.create()
        tab.shows("Attempt 2 of 2", seconds=20)
        tab.shows(re.compile(r"\(2 tries\)\."), seconds=20)
    expect(tab.panel.get_by_role("alert")).to_contain_text("(2 tries).")
    reference = tab.export()["problem"]["reference"]
    tab.shows(f"Ref {reference[:8]}")
    expect(tab.rows.first).to_contain_text("Failed")

    tab.press("Retry")
    expect(tab.download).to_be_visible()
    assert tab.page.request.get(tab.link()).body() == PDF
    assert tab.export()["try"] == 2


def test_a_waiting_export_can_be_canceled_and_created_again(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        tab.shows("Attempt 1 of 4")
        tab.press("Cancel")
        tab.shows("Canceled before it was finished.")
        expect(tab.rows.first).to_contain_text("Canceled")
    tab.press("Create again")
    expect(tab.download).to_be_visible()
    expect(tab.rows).to_have_count(2)


def test_a_slow_export_says_that_one_may_leave(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack, permissions=["clipboard-read", "clipboard-write"])
    with silent_source(stack):
        tab.create()
        tab.shows("Still working… 0:1", seconds=20)
        tab.shows("You can close this tab; it will be in your history.")
        tab.press("Copy page link")
        assert tab.page.evaluate("navigator.clipboard.readText()") == tab.page.url
    expect(tab.download).to_be_visible(timeout=20_000)


def test_a_reload_brings_back_what_was_open(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    link = tab.create_ready()
    tab.page.reload()
    expect(tab.download).to_have_attribute("href", link)
    tab.press("New export")
    tab.shows("Create a PDF.")
    tab.page.go_back()
    expect(tab.download).to_have_attribute("href", link)


def test_a_reload_while_it_is_prepared_loses_nothing(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        tab.page.reload()
        tab.is_preparing()
    expect(tab.download).to_be_visible(timeout=20_000)
    expect(tab.rows).to_have_count(1)


def test_the_whole_link_can_be_copied(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack, permissions=["clipboard-read", "clipboard-write"])
    link = tab.create_ready()
    tab.press("Copy link")
    expect(tab.button("Copied")).to_be_visible()
    assert tab.page.evaluate("navigator.clipboard.readText()") == link


def test_without_a_clipboard_the_link_can_be_copied_by_hand(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    link = tab.create_ready()
    tab.deny_clipboard()
    tab.press("Copy link")
    dialog = tab.page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_have_value(link)
    assert tab.page.evaluate("getSelection().toString()") == link
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_another_visitor_finds_nothing_at_the_pages_address(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.create_ready()
    stranger = open_tab(stack, f"/#export={tab.export_id()}")
    stranger.shows("This export is not here.")
    expect(stranger.rows).to_have_count(0)
    stranger.create_ready()
