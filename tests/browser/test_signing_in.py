"""Signing in beside the Images view: what goes wrong on the way, and exports that are for people alone."""

from itertools import repeat

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpenTab
from tests.browser.people import ANN, SOON, choose, provider
from tests.browser.refusals import HISTORY, REF, REFERENCE, SESSION, Answer, Gate, problem
from tests.browser.tab import Tab
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser

UNAUTHORIZED: Answer = {
    "status": 401, "json": {"message": "Unauthorized"}, "headers": {"Apigw-Requestid": REFERENCE},
}  # fmt: skip
NEEDED = problem("sign-in-needed", 401, "Sign in first")


def way_in(tab: Tab) -> Locator:
    return tab.page.get_by_role("banner").get_by_role("button", name="Sign in")


def notice(tab: Tab) -> Locator:
    return tab.page.locator("#notice").get_by_role("alert")


def test_a_provider_that_cannot_be_reached_is_told_of_in_plain_words(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.page.route("**/oauth2/token", lambda route: route.abort())
    choose(provider(tab, way_in(tab)), ANN)
    expect(notice(tab)).to_have_text("The sign-in service cannot be reached.", timeout=SOON)
    tab.page.unroute_all()
    choose(provider(tab, way_in(tab)), ANN)
    expect(tab.page.get_by_role("banner")).to_contain_text(ANN, timeout=SOON)
    expect(notice(tab)).to_be_hidden()


def test_a_token_that_the_gateway_refuses_is_told_of_in_our_words(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.shows("Create a PDF.")
    Gate(tab, SESSION, repeat(UNAUTHORIZED), method="POST")
    choose(provider(tab, way_in(tab)), ANN)
    expect(notice(tab)).to_have_text(f"That did not sign you in. {REF}", timeout=SOON)


def test_where_exports_are_for_people_the_way_in_stands_in_their_place(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    history = Gate(tab, HISTORY, repeat(NEEDED))
    tab.page.reload()
    tab.shows("Sign in to create a PDF.")
    expect(tab.button("Create PDF")).to_be_hidden()
    window = provider(tab, tab.button("Sign in"))
    history.open()
    choose(window, ANN)
    tab.shows("Create a PDF.")
    tab.create_ready()


def test_who_signed_out_is_asked_again_who_they_are_in_the_word_that_their_provider_heeds(
    open_tab: OpenTab, stack: LocalStack
) -> None:
    tab = open_tab(stack)
    told = tab.page.evaluate(
        """async (endpoints) => {
          const { Flow } = await import("/js/sign_in/flow.js");
          const asked = { client_id: "page", nonce: "n", scope: "openid email", token_endpoint: "https://a.example/" };
          const prompts = endpoints.map((authorization_endpoint) => new Flow({ ...asked, authorization_endpoint }))
            .map(async (flow) => [await flow.address(true), await flow.address(false)]
              .map((address) => new URL(address).searchParams.get("prompt")));
          return Promise.all(prompts);
        }""",
        ["https://handoff.auth.eu-central-1.amazoncognito.com/oauth2/authorize", "https://id.example/authorize"],
    )
    assert told == [["login", None], ["select_account", None]]
