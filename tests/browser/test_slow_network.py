"""A phone at the edge of the network: "Slow 3G" (400 kbit/s, 400 ms there and back), by the browser's own throttle."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser

KBIT = 1000 / 8
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 400 * KBIT, "uploadThroughput": 400 * KBIT}

# Each label of the strong button, with whether it was busy, as it came.
WATCH_MAIN = """
() => {
  const node = document.querySelector("[data-action=main]");
  const label = () => `${node.textContent.trim()} ${node.ariaBusy}`;
  window.labels = [label()];
  const note = () => labels.at(-1) !== label() && labels.push(label());
  new MutationObserver(note).observe(node, { attributes: true, childList: true, subtree: true });
}
"""


def slow_down(tab: Tab) -> None:
    tab.page.context.new_cdp_session(tab.page).send("Network.emulateNetworkConditions", SLOW_3G)


def test_on_a_slow_network_the_button_is_busy_and_impatience_makes_no_second_export(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    tab = open_tab(stack)
    expect(tab.button("Create PDF")).to_be_enabled()
    slow_down(tab)
    tab.page.evaluate(WATCH_MAIN)
    main = tab.panel.locator("[data-action=main]")
    for _ in range(4):
        main.dispatch_event("click")
    tab.shows("Ready.")
    labels = tab.page.evaluate("labels")
    assert labels[:2] == ["Create PDF false", "Sending… true"]
    assert labels[-1] == "Download false"
    assert all(label.endswith("true") for label in labels[1:-1])
    posts = [request for request in tab.requests if request.method == "POST"]
    assert len(posts) == 1
    expect(tab.rows).to_have_count(1)


def test_on_a_slow_network_nothing_is_called_lost_and_the_story_goes_on(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    slow_down(tab)
    tab.page.reload()
    tab.create_ready()
    tab.press("Revoke")
    tab.shows("Revoked at")
    tab.press("New link")
    expect(tab.download).to_be_visible()
    link = tab.link()
    tab.page.reload()
    expect(tab.download).to_have_attribute("href", link)
    with tab.page.expect_download():
        tab.download.click()
    tab.shows("Downloaded once")
    lost = ("dropped", "Can't reach", "could not", "went wrong")
    assert [words for words in tab.spoken() if any(sign in words for sign in lost)] == []
    expect(tab.page.get_by_role("button", name="Try now")).to_be_hidden()
    assert tab.page.evaluate("shifts") == []
