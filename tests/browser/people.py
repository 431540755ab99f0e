"""People who sign in at the laptop's OpenID provider, and what they see in the Images and the Calls view."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.tab import Tab
from tests.support.cookies import signed
from tests.support.stack import LocalStack

ANN, BOB, EVE = "ann@corp.example", "bob@corp.example", "eve@elsewhere.example"
"""Eve's domain may not sign in."""

IMAGES = "/#images"
CALLS = "/#calls"
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


def signed_in(stack: LocalStack, who: str = ANN) -> dict[str, Any]:
    """What a browser's context begins with, of somebody who signed in some other day."""
    issuer, key = stack.settings["OIDC_ISSUER"], stack.settings["SESSION_KEYS"].split(",")[0]
    session = signed({"issuer": issuer, "subject": who, "email": who, "nonce": "nonce"}, key=key)
    return {"storage_state": {"cookies": [{"name": "handoff-session", "value": session, "url": stack.page}]}}


def gate(tab: Tab) -> Locator:
    return tab.page.locator(".gate:visible")


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


def missing_endings(tab: Tab) -> Locator:
    """Their lines."""
    return tab.page.get_by_role("region", name="Suspected missed endings").get_by_role("listitem")


def timeline(tab: Tab) -> Locator:
    return tab.page.get_by_role("region", name="The last two hours")
