"""Looking at an export is refused: what is known of it stays in sight, and there is a way on."""

import re
from itertools import repeat

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, silent_source
from tests.browser.refusals import BUG, CROSS_SITE, EXPORT, FORBIDDEN, REF, Answer, Gate
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("answer", "trace"), [(FORBIDDEN, "Status 403"), (CROSS_SITE, REF), (BUG, REF)])
def test_an_export_that_may_not_be_looked_at_says_so_and_is_tried_again(
    open_tab: OpenTab, stack: LocalStack, answer: Answer, trace: str
) -> None:
    tab = open_tab(stack)
    export = Gate(tab, EXPORT, repeat(answer))
    tab.create()
    expect(tab.panel.get_by_role("alert")).not_to_be_empty()
    tab.shows(f"Its state could not be loaded. {trace}")

    asked = len(export.requests)
    tab.press("Try now")
    tab.wait_for(lambda: len(export.requests) > asked)
    tab.shows(trace)
    export.open()
    tab.press("Try now")
    expect(tab.download).to_be_visible()


def test_another_export_can_be_had_while_one_may_not_be_looked_at(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    export = Gate(tab, EXPORT, repeat(FORBIDDEN))
    tab.create()
    tab.shows("Its state could not be loaded.")
    tab.press("New export")
    tab.shows("Create a PDF.")
    export.open()
    tab.create_ready()


def test_what_may_not_be_looked_at_is_looked_at_again_by_itself(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.page.clock.install()
    Gate(tab, EXPORT, [FORBIDDEN])
    tab.create()
    tab.shows("Its state could not be loaded.")
    tab.page.clock.fast_forward(31_000)
    expect(tab.download).to_be_visible()
    tab.shows("Not downloaded yet.")


def test_an_export_under_way_can_be_canceled_though_looking_is_refused(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        export = Gate(tab, EXPORT, repeat(CROSS_SITE))
        tab.look_now()
        tab.shows(f"Its state could not be loaded. {REF}")
        expect(tab.button("Try now")).to_be_enabled()
        export.open()
        tab.press("Cancel")
        tab.shows("Canceled before it was finished.")


def test_a_link_keeps_its_countdown_when_looking_is_refused(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    link = tab.create_ready()
    export = Gate(tab, EXPORT, repeat(CROSS_SITE))
    tab.look_now()
    tab.shows(f"Updates could not be loaded. {REF}")
    tab.shows(re.compile(r"Ready\. The link works for \d:\d\d\."))
    expect(tab.download).to_have_attribute("href", link)
    tab.page.wait_for_timeout(1500)
    assert len([text for text in tab.spoken() if "Updates could not be loaded." in text]) == 1
    export.open()
    tab.press("Try now")
    tab.shows("Not downloaded yet.")
    assert tab.page.evaluate("shifts") == []


def test_a_link_whose_end_may_not_be_asked_for_offers_to_try_now(open_tab: OpenTab, hasty_stack: LocalStack) -> None:
    tab = open_tab(hasty_stack)
    tab.page.clock.install()
    tab.page.reload()  # so that the page has no other clock
    tab.create_ready()
    export = Gate(tab, EXPORT, repeat(CROSS_SITE))
    tab.shows(f"Its state could not be loaded. {REF}")
    asked = len(export.requests)
    for _ in range(4):
        tab.page.clock.run_for(5000)
        tab.page.wait_for_timeout(200)
    assert len(export.requests) <= asked + 1, "what refuses is asked again and again"
    export.open()
    tab.press("Try now")
    tab.shows("This link ended at")
