"""Each state of the page says what it should, offers what it should, and is fit for everybody."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from tests.browser.states import STATES
from tests.browser.states.stage import Stage, stage
from tests.browser.states.state import State
from tests.browser.tab import Tab

pytestmark = pytest.mark.browser


WIDTHS = (1280, 640, 320)
"""A desk, the same at 200 %, and the narrowest there is, or a desk at 400 % (WCAG 1.4.4 and 1.4.10)."""

TOO_SMALL = """
() => [...document.querySelectorAll("a[href], a[tabindex], button, input, select, textarea, summary")]
  .filter((node) => node.checkVisibility())
  .map((node) => [node.textContent.trim() || node.localName, node.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44)
  .map(([text, box]) => `${text}: ${box.width} x ${box.height}`)
"""
"""WCAG 2.5.5."""

CRAMPED = """
() => [...document.querySelectorAll(".button > span")]
  .filter((node) => node.checkVisibility())
  .map((node) => [node.textContent, node.getBoundingClientRect(), node.parentElement.getBoundingClientRect()])
  .filter(([, words, box]) => box.right - words.right < 8)
  .map(([text, words, box]) => `${text}: ${box.right - words.right}`)
"""

ICONLESS = """
() => [...document.querySelectorAll("svg:has(use)")]
  .filter((icon) => icon.checkVisibility() && icon.querySelector("use").getBBox().width === 0)
  .map((icon) => icon.querySelector("use").getAttribute("href"))
"""
"""What should be drawn and is not: of colour, icon and word none is alone, also where there is no network."""

MOVING = "document.getAnimations().map(({ animationName, transitionProperty }) => animationName ?? transitionProperty)"


@pytest.fixture(scope="module")
def theatre(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage"), browser, reduced_motion="reduce") as running:
        yield running


@pytest.fixture(scope="module")
def places(theatre: Stage) -> dict[int, object]:
    """Where the empty panel is, by width."""
    with STATES["empty"].shown(theatre) as tab:
        return {width: place(tab, width) for width in WIDTHS}


@pytest.mark.parametrize("name", STATES)
def test_a_state_says_and_offers_what_it_should_and_is_fit_for_everybody(
    theatre: Stage, places: dict[int, object], name: str
) -> None:
    state = STATES[name]
    with state.shown(theatre) as tab:
        assert tab.page.evaluate(MOVING) == []
        assert tab.page.evaluate(ICONLESS) == []
        for width in WIDTHS:
            tab.page.set_viewport_size({"width": width, "height": 800})
            assert not state.has_panel or place(tab, width) == places[width]
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
            assert tab.page.evaluate(TOO_SMALL) == []
            assert tab.page.evaluate(CRAMPED) == []
        for page in for_axe(state, tab):
            assert axe(page) == []
            page.emulate_media(color_scheme="dark")
            assert axe(page, {"runOnly": ["color-contrast"]}) == []


def test_only_who_wants_no_motion_has_none(theatre: Stage) -> None:
    with STATES["working"].shown(theatre) as tab:
        tab.page.emulate_media(reduced_motion="no-preference")
        assert "turn" in tab.page.evaluate(MOVING)


def place(tab: Tab, width: int) -> object:
    """Of the panel: it is where the button was, whatever it shows, so that nothing below it moves."""
    tab.page.set_viewport_size({"width": width, "height": 800})
    tab.page.evaluate("scrollTo(0, 0)")
    return tab.panel.bounding_box()


def for_axe(state: State, tab: Tab) -> Iterator[Page]:
    """The page. Axe is a script: where none may run it gets a copy, but not of a page that is another with scripts."""
    if state.runs_scripts:
        yield tab.page
    elif not state.is_the_page:
        browser = tab.page.context.browser
        assert browser
        with browser.new_page() as copy:
            copy.set_content(tab.page.content())
            yield copy


def axe(page: Page, options: dict[str, Any] | None = None) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options=options).response["violations"]
    return [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found]
