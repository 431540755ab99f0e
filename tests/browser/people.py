"""People who sign in at the laptop's OpenID provider, and what they make in the Images view."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.tab import Tab

ANN, BOB, EVE = "ann@corp.example", "bob@corp.example", "eve@elsewhere.example"
"""Eve's domain may not sign in."""

IMAGES = "/#images"
SOON = 30_000  # ms


def provider(tab: Tab, button: Locator) -> Page:
    """The window in which one signs in, at the provider."""
    with tab.page.context.expect_page() as opened:
        button.click()
    opened.value.wait_for_url("**/oauth2/authorize?*")
    return opened.value


def choose(window: Page, who: str) -> None:
    """Says who one is, and waits until the window has closed itself."""
    with window.expect_event("close", timeout=SOON):
        window.get_by_role("button", name=who).first.click()


def sign_in(tab: Tab, who: str = ANN) -> None:
    choose(provider(tab, gate(tab).get_by_role("button", name="Sign in")), who)
    expect(tab.page.get_by_role("button", name="Sign out")).to_be_visible(timeout=SOON)
    expect(tab.page.get_by_role("banner")).to_contain_text(who)


def gate(tab: Tab) -> Locator:
    return tab.page.locator(".gate")


def ask(tab: Tab, prompt: str, count: int = 1) -> None:
    """Asks for images, and waits until that is taken."""
    tab.page.get_by_label("Prompt").fill(prompt)
    tab.page.get_by_label("Images", exact=True).select_option(str(count))
    tab.page.wait_for_timeout(200)
    tab.page.evaluate("shifts.length = 0")  # A person's own choice makes places for as many.
    tab.page.get_by_role("button", name="Create images").click()
    expect(tab.page).to_have_url(re.compile("#images/[0-9a-f-]{36}$"), timeout=SOON)


def tiles(tab: Tab) -> Locator:
    return tab.page.locator(".tile")


def pictures(tab: Tab) -> Locator:
    """Those that can be seen, each a button that opens it."""
    return tiles(tab).get_by_role("button", name=re.compile(r"^Open \d of \d: "))
