"""What a state of the page is: how it is reached, and what is seen of it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from tests.browser.states.stage import Stage
from tests.browser.tab import Tab

Words = str | re.Pattern[str]
Reach = Callable[[Stage], Iterator[Tab]]

SOON = 20_000  # ms
CONTROL = re.compile(r'- (button|link) "([^"]*)"(.*)')
"""A line in a picture of the accessibility tree: https://playwright.dev/python/docs/aria-snapshots"""


@dataclass(frozen=True)
class State:
    """`reach` comes to it through the network, and says in its docstring what has happened.

    words: all that must be seen. actions: what can be pressed in the panel, role and name, and nothing but that.
    besides: what can be pressed elsewhere, of which there may be more. is_the_page: and not what a link's visitor is
    answered. runs_scripts: whether anything on it may run any. view: the one that is seen.
    """

    reach: Reach
    words: tuple[Words, ...]
    actions: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    is_the_page: bool = True
    runs_scripts: bool = True
    view: str = "exports"

    @property
    def has_panel(self) -> bool:
        return self.is_the_page and self.runs_scripts and self.view == "exports"

    @property
    def about(self) -> str:
        return (self.reach.__doc__ or "").strip()

    @contextmanager
    def shown(self, stage: Stage) -> Iterator[Tab]:
        """A tab that is in this state, in words and actions, for as long as the block runs."""
        with contextmanager(self.reach)(stage) as tab:
            body = tab.page.locator("body")
            for words in self.words:
                expect(body).to_contain_text(words, use_inner_text=True, timeout=SOON)
            if self.has_panel and not tab.page.get_by_role("dialog").is_visible():
                settles(lambda: pressable(tab.panel), list(self.actions), tab)
            assert set(self.besides) <= set(pressable(body))
            yield tab


def answer(reach: Reach, *words: Words) -> State:
    """What a link's visitor gets in place of a file. No script may run there."""
    return State(reach, words, is_the_page=False, runs_scripts=False)


def images(reach: Reach, *words: Words, besides: tuple[str, ...] = ()) -> State:
    """Of the Images view."""
    return State(reach, words, besides=besides, view="images")


def calls(reach: Reach, *words: Words, besides: tuple[str, ...] = ()) -> State:
    """Of the Calls view."""
    return State(reach, words, besides=besides, view="calls")


def pressable(part: Locator) -> list[str]:
    """What can be pressed, in the order of the keyboard: `button Create PDF`."""
    found = [CONTROL.search(line) for line in part.aria_snapshot().splitlines()]
    return [f"{control[1]} {control[2]}" for control in found if control and "[disabled]" not in control[3]]


def settles(look: Callable[[], list[str]], wanted: list[str], tab: Tab) -> None:
    """A button that was just pressed can be pressed again after a moment."""
    for _ in range(20):
        if look() == wanted:
            return
        tab.page.wait_for_timeout(100)
    assert look() == wanted
