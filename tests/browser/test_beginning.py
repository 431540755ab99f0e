"""The page's beginning, when the service lets it wait or does not let it in."""

import re
from itertools import repeat

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.refusals import (
    BUG,
    CROSS_SITE,
    EXPORT,
    FORBIDDEN,
    HISTORY,
    REF,
    SESSION,
    THROTTLED,
    Answer,
    Gate,
    throttled_for,
)
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("answers", "pause", "words"),
    [
        ([throttled_for(2)], 2.0, re.compile(r"Too many requests\. Asking again in [12]\xa0s\.")),
        ([THROTTLED] * 2, 0.4, "Too many requests. Asking again shortly."),
    ],
    ids=["with a wait", "without one"],
)
def test_a_throttled_session_is_asked_for_again(
    open_tab: OpenTab, stack: LocalStack, answers: list[Answer], pause: float, words: str | re.Pattern[str]
) -> None:
    tab = open_tab(stack)
    session = Gate(tab, SESSION, answers)
    tab.page.reload()
    tab.shows(words)
    expect(tab.button("Create PDF")).to_have_attribute("aria-disabled", "true")
    tab.shows("Create a PDF.")
    assert len(session.times) == len(answers) + 1
    assert session.times[1] - session.times[0] >= pause
    tab.create_ready()


def test_a_throttled_history_and_export_are_asked_for_again(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    link = tab.create_ready()
    gates = [Gate(tab, url, [throttled_for(1)]) for url in (HISTORY, EXPORT)]
    tab.page.reload()
    expect(tab.download).to_have_attribute("href", link)
    expect(tab.rows).to_have_count(1)
    for gate in gates:
        assert gate.times[1] - gate.times[0] >= 1


@pytest.mark.parametrize(("answer", "trace"), [(FORBIDDEN, "Status 403"), (CROSS_SITE, REF), (BUG, REF)])
def test_a_refused_session_is_told_and_can_be_tried_again(
    open_tab: OpenTab, stack: LocalStack, answer: Answer, trace: str
) -> None:
    tab = open_tab(stack)
    session = Gate(tab, SESSION, repeat(answer))
    tab.page.reload()
    expect(tab.panel.get_by_role("alert")).not_to_be_empty()
    tab.shows(f"The page could not start. {trace}")
    expect(tab.history.get_by_text("Your history could not be loaded.")).to_be_visible()
    expect(tab.history.get_by_text("Loading your history…")).to_be_hidden()

    asked = len(session.requests)
    tab.press("Try again")
    tab.wait_for(lambda: len(session.requests) > asked)
    tab.shows(f"The page could not start. {trace}")
    session.open()
    tab.press("Try again")
    tab.shows("Create a PDF.")
    expect(tab.history.get_by_text("Nothing here yet.")).to_be_visible()
    tab.create_ready()


def test_a_refused_session_can_be_tried_again_from_the_history(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.create_ready()
    session = Gate(tab, SESSION, repeat(FORBIDDEN))
    tab.page.reload()
    tab.shows("The page could not start.")
    session.open()
    tab.history.get_by_role("button", name="Try again").click()
    expect(tab.rows).to_have_count(1)
    expect(tab.download).to_be_visible()
