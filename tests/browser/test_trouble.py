"""What can go wrong between the page and the service, made to go wrong on the network."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import OpenTab, silent_source
from tests.browser.refusals import Gate
from tests.browser.tab import Tab
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser


def test_when_the_answer_is_lost_the_same_request_is_sent_again_and_makes_one_export(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    tab = open_tab(stack)
    keys = []

    def lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            assert route.fetch().status == 202
            route.abort("connectionreset")
        else:
            route.continue_()

    tab.page.route("**/api/exports", lose_the_first_answer)
    tab.create()
    tab.shows("Connection dropped.")
    tab.shows("Checking whether it was received…")
    expect(tab.download).to_be_visible()
    assert len(keys) == 2
    assert len(set(keys)) == 1
    expect(tab.rows).to_have_count(1)


def test_each_click_has_a_key_of_its_own(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.create_ready()
    tab.press("New export")
    tab.create_ready()
    posts = [request for request in tab.requests if request.method == "POST"]
    assert len({request.headers["idempotency-key"] for request in posts}) == len(posts) == 2


def test_a_double_click_makes_one_export(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.button("Create PDF").dblclick()
    expect(tab.download).to_be_visible()
    expect(tab.rows).to_have_count(1)


def test_offline_keeps_the_last_known_state_says_so_and_goes_on_by_itself(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    banner = tab.page.get_by_text("Can't reach the service. Last checked")
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        tab.page.context.set_offline(True)
        expect(banner).to_be_visible(timeout=15_000)
        tab.shows(re.compile("Preparing|Still working"))
        tab.page.context.set_offline(False)
        expect(banner).to_be_hidden()
    expect(tab.download).to_be_visible(timeout=30_000)


def test_pauses_grow_and_try_now_ends_them(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.create_ready()
    times: list[float] = []

    def refuse(route: Route) -> None:
        if tab.export_id() in route.request.url:
            times.append(tab.now())
        route.abort()

    tab.page.route("**/api/**", refuse)
    tab.page.context.set_offline(True)
    tab.page.context.set_offline(False)
    try_now = tab.page.get_by_role("button", name="Try now")
    expect(try_now).to_be_visible(timeout=15_000)
    tab.page.wait_for_timeout(6000)
    pauses = [later - earlier for earlier, later in pairwise(times) if later - earlier > 300]
    assert 2 <= len(pauses) <= 5
    assert pauses[-1] > pauses[0]
    tab.page.unroute_all()
    try_now.click()
    expect(try_now).to_be_hidden(timeout=1000)


def test_nothing_is_called_ended_before_the_server_has_said_so(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    link = tab.create_ready()
    tab.page.route("**/api/**", lambda route: route.abort())
    tab.shows("Checking whether the link has ended…")
    assert tab.page.request.get(link).status == 410  # A click on a link that is still there fails.
    tab.page.unroute_all()
    tab.shows("This link ended at")


def test_too_many_exports_are_refused_with_a_wait_and_the_button_comes_back_by_itself(
    open_tab: OpenTab, hasty_stack: LocalStack
) -> None:
    first = open_tab(hasty_stack)
    second = open_tab(hasty_stack, beside=first)
    with silent_source(hasty_stack):
        first.create()
        first.is_preparing()
        second.create()
        second.shows(re.compile(r"Too many requests\. Try again in \d+\xa0s\."))
        expect(second.button("Create PDF")).to_have_attribute("aria-disabled", "true")
    second.shows("Create a PDF.", seconds=40)
    second.create_ready()


def test_an_unreachable_service_at_the_start_leaves_nothing_to_click_and_is_waited_for(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    tab = open_tab(stack)
    tab.page.route("**/api/**", lambda route: route.abort())
    tab.page.reload()
    expect(tab.page.get_by_role("button", name="Try now")).to_be_visible()
    expect(tab.button("Create PDF")).to_have_attribute("aria-disabled", "true")
    tab.page.unroute_all()
    tab.create_ready()


def test_a_refusal_is_told_with_its_reference(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.page.route("**/api/exports", lambda route: route.continue_(post_data='{"document": "no-such-document"}'))
    with tab.page.expect_response("**/api/exports") as refused:
        tab.create()
    expect(tab.panel.get_by_role("alert")).to_have_text("The request is not valid.")
    tab.shows(f"Ref {refused.value.json()['reference'][:8]}")
    tab.page.unroute_all()
    tab.create_ready()


def test_a_session_that_was_lost_is_opened_anew(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.page.context.clear_cookies()
    tab.create_ready()


def test_a_run_past_its_deadline_is_ended_and_can_be_retried(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    with silent_source(hasty_stack):
        tab.create()
        times_out(tab)
    expect(tab.panel.get_by_role("alert")).to_contain_text("deadline")
    tab.press("Retry")
    expect(tab.download).to_be_visible()


def test_a_retry_whose_answer_was_lost_does_not_start_what_was_canceled_since(
    open_tab: OpenTab, hasty_stack: LocalStack
) -> None:
    tab = open_tab(hasty_stack)
    keys = []

    def cancel_and_lose_the_first_answer(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        if len(keys) == 1:
            assert route.fetch().status == 202
            assert tab.page.request.post(route.request.url.replace("/retry", "/cancel")).ok
            route.abort("connectionreset")
        else:
            route.continue_()

    with silent_source(hasty_stack):
        tab.create()
        times_out(tab)
        tab.page.route("**/api/exports/*/retry", cancel_and_lose_the_first_answer)
        tab.press("Retry")
        tab.shows("Canceled before")
        tab.wait_for(lambda: len(keys) == 2)
        assert keys[0]
        assert keys[1] == keys[0]
        tab.page.wait_for_timeout(1000)
        assert (tab.export()["state"], tab.export()["try"]) == ("canceled", 2)


def test_each_click_on_retry_has_a_key_of_its_own(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    retries = Gate(tab, "**/api/exports/*/retry", [], method="POST")
    with silent_source(hasty_stack):
        tab.create()
        times_out(tab)
        tab.press("Retry")
        times_out(tab)
    tab.press("Retry")
    expect(tab.download).to_be_visible()
    assert tab.export()["try"] == 3
    first, second = (request.headers["idempotency-key"] for request in retries.requests)
    assert first != second


def test_a_hidden_tab_asks_seldom_and_says_ready_in_its_title(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        tab.hide()
    expect(tab.page).to_have_title("Ready · Handoff", timeout=20_000)
    before = len(tab.requests)
    tab.page.wait_for_timeout(4000)
    assert len(tab.requests) <= before + 1
    tab.show()
    expect(tab.page).to_have_title("Exports · Handoff")
    expect(tab.download).to_be_visible()
    assert len(tab.requests) > before


def times_out(tab: Tab) -> None:
    """Moves the deadline of what is under way to this moment, and waits for its end."""
    tab.is_preparing()
    tab.stack.rows("UPDATE runs SET deadline_at = clock_timestamp() WHERE id = %(id)s", id=tab.export_id())
    expect(tab.rows.first).to_contain_text("Timed out")
