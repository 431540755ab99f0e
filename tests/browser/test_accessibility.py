"""For everyone: axe in each main state, what is read aloud, narrow screens, large targets."""

import re
from itertools import chain, repeat

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, silent_source
from tests.browser.refusals import BUG, CROSS_SITE, EXPORT, EXPORTS, FORBIDDEN, SESSION, Gate, throttled_for
from tests.browser.tab import Tab
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser

TOO_SMALL = """
() => [...document.querySelectorAll("a[href], a[tabindex], button")]
  .filter((node) => node.checkVisibility() && node.textContent.trim())
  .map((node) => [node.textContent.trim(), node.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44)
  .map(([text, box]) => `${text}: ${box.width} x ${box.height}`)
"""

CRAMPED = """
() => [...document.querySelectorAll(".button > span")]
  .filter((node) => node.checkVisibility())
  .map((node) => [node.textContent, node.getBoundingClientRect(), node.parentElement.getBoundingClientRect()])
  .filter(([, words, box]) => box.right - words.right < 8)
  .map(([text, words, box]) => `${text}: ${box.right - words.right}`)
"""


def flawless(tab: Tab) -> None:
    """Nothing for axe, nothing too small to hit, no words at a button's edge, nothing wider than the screen."""
    found = Axe().run(tab.page).response["violations"]
    assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found] == []
    assert tab.page.evaluate(TOO_SMALL) == []
    assert tab.page.evaluate(CRAMPED) == []
    assert tab.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_main_state_is_flawless(
    open_tab: OpenTab, stack: LocalStack, hasty_stack: LocalStack, scheme: str, width: int
) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    tab = open_tab(stack, **look)
    flawless(tab)
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        flawless(tab)
        tab.press("Cancel")
        tab.shows("Canceled before")
        flawless(tab)
    tab.press("Create again")
    tab.shows("Ready.")
    flawless(tab)
    tab.press("Revoke")
    tab.shows("Revoked at")
    flawless(tab)

    tab = open_tab(hasty_stack, **look)
    tab.create()
    tab.shows("The link ends in")
    assert "\u00a0s." in (tab.panel.text_content() or ""), "a number may be parted from its unit"
    flawless(tab)
    tab.shows("This link ended at")
    flawless(tab)
    tab.press("New export")
    with silent_source(hasty_stack):
        tab.create()
        tab.shows("(2 tries).", seconds=20)
    flawless(tab)
    tab.page.context.set_offline(True)
    tab.press("Retry")  # where the machine has no network at all, the browser tells of no loss
    expect(tab.page.get_by_role("button", name="Try now")).to_be_visible(timeout=15_000)
    flawless(tab)
    tab.page.context.set_offline(False)


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_refusal_is_flawless_and_moves_nothing(
    open_tab: OpenTab, stack: LocalStack, scheme: str, width: int
) -> None:
    tab = open_tab(stack, color_scheme=scheme, viewport={"width": width, "height": 800})
    session = Gate(tab, SESSION, chain([throttled_for(3)], repeat(FORBIDDEN)))
    tab.page.reload()
    tab.shows("Asking again in")
    flawless(tab)
    tab.shows("The page could not start.")
    flawless(tab)
    session.open()
    tab.press("Try again")
    tab.shows("Create a PDF.")

    Gate(tab, EXPORTS, [BUG] * 2, method="POST")
    tab.create()
    expect(tab.button("Retry")).to_be_enabled()
    flawless(tab)
    with silent_source(stack):
        tab.press("Retry")
        tab.is_preparing()
        export = Gate(tab, EXPORT, repeat(CROSS_SITE))
        tab.look_now()
        tab.shows("Its state could not be loaded.")
        flawless(tab)
        export.open()
        tab.press("Try now")
    expect(tab.download).to_be_visible(timeout=20_000)
    Gate(tab, EXPORT, repeat(CROSS_SITE))
    tab.look_now()
    tab.shows("Updates could not be loaded.")
    flawless(tab)
    assert tab.page.evaluate("shifts") == []


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


@pytest.mark.parametrize("width", [1280, 320])
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
