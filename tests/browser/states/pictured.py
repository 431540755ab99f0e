"""The Images view, signed out and in."""

from collections.abc import Iterator
from itertools import repeat

from playwright.sync_api import expect

from tests.browser.people import EVE, IMAGES, SOON, ask, choose, gate, pictures, provider, sign_in
from tests.browser.refusals import GENERATIONS, Gate, problem
from tests.browser.states.stage import Stage
from tests.browser.tab import Tab

TOO_MANY = {**problem("too-many-active-runs", 429, "Too many requests"), "headers": {"Retry-After": "12"}}


def signed_out(stage: Stage) -> Iterator[Tab]:
    """Nobody has signed in."""
    with stage.visitor(IMAGES) as tab:
        yield tab


def signing_in(stage: Stage) -> Iterator[Tab]:
    """The other window is open."""
    with stage.visitor(IMAGES) as tab:
        provider(tab, gate(tab).get_by_role("button", name="Sign in"))
        yield tab


def wrong_domain(stage: Stage) -> Iterator[Tab]:
    """Somebody signed in with an address of another domain."""
    with stage.visitor(IMAGES) as tab:
        choose(provider(tab, gate(tab).get_by_role("button", name="Sign in")), EVE)
        yield tab


def signed_in(stage: Stage) -> Iterator[Tab]:
    """Nothing was asked for yet, of this person's or any."""
    with stage.visitor(IMAGES) as tab:
        sign_in(tab)
        yield tab


def being_made(stage: Stage) -> Iterator[Tab]:
    """The provider is at work."""
    with stage.visitor(IMAGES) as tab:
        sign_in(tab)
        ask(tab, "A harbour in the fog [slow]", 2)
        yield tab


def mixed(stage: Stage) -> Iterator[Tab]:
    """Some are there, one failed."""
    with stage.visitor(IMAGES) as tab:
        sign_in(tab)
        tab.page.set_viewport_size({"width": 1280, "height": 2000})
        ask(tab, f"A red fox in the snow, {id(tab)} [fail once: content policy]", 4)
        expect(pictures(tab)).to_have_count(3, timeout=SOON)
        yield tab


def large(stage: Stage) -> Iterator[Tab]:
    """One is opened."""
    with stage.visitor(IMAGES) as tab:
        sign_in(tab)
        ask(tab, "A lighthouse at night")
        pictures(tab).click(timeout=SOON)
        yield tab


def too_many(stage: Stage) -> Iterator[Tab]:
    """More were asked for at once than one may have."""
    with stage.visitor(IMAGES) as tab:
        sign_in(tab)
        Gate(tab, GENERATIONS, repeat(TOO_MANY), method="POST")
        tab.page.get_by_label("Prompt").fill("A meadow")
        tab.page.get_by_role("button", name="Create images").click()
        yield tab


def gone(stage: Stage) -> Iterator[Tab]:
    """The address of somebody else's images was opened."""
    with stage.visitor(f"{IMAGES}/00000000-0000-4000-8000-000000000000") as tab:
        sign_in(tab)
        yield tab
