"""Each state of the page says what it should, offers what it should, and is fit for everybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from tests.browser.states import STATES
from tests.browser.states.stage import Stage, stage
from tests.browser.states.state import State
from tests.browser.tab import Tab

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def theatre(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage"), browser, reduced_motion="reduce") as running:
        yield running


@pytest.mark.parametrize("name", STATES)
def test_a_state_says_and_offers_what_it_should_and_is_fit_for_everybody(theatre: Stage, name: str) -> None:
    with STATES[name].shown(theatre) as tab, for_axe(STATES[name], tab) as pages:
        for page in pages:
            assert axe(page) == []
            page.emulate_media(color_scheme="dark")
            assert axe(page, {"runOnly": ["color-contrast"]}) == []


@contextmanager
def for_axe(state: State, tab: Tab) -> Iterator[list[Page]]:
    """The page. Axe is a script: where none may run it is given a copy, but not of a page that is another with scripts."""
    if state.runs_scripts:
        yield [tab.page]
    elif state.has_panel:
        yield []
    else:
        browser = tab.page.context.browser
        assert browser
        with browser.new_page() as copy:
            copy.set_content(tab.page.content())
            yield [copy]


def axe(page: Page, options: dict[str, Any] | None = None) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options=options).response["violations"]
    return [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found]
