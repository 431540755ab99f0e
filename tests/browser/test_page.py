"""The page as a thing that is served: small, on its own, frugal with requests, and silent about tokens."""

import gzip
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenTab, silent_source
from tests.browser.tab import Tab
from tests.browser.vendor import built
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser

FRONTEND = Path(__file__).parents[2] / "frontend"
UNASKED = {
    "index.html",
    "favicon.svg",
    "robots.txt",
    "css/noscript.css",
    "js/vendor/oauth4webapi.LICENSE.txt",
    "signed-in.html",
    "js/sign_in/signed_in.js",
}
"""Files that the page does not ask for itself, or only where no scripts run, or in the window where one signs in."""
LARGEST = 60_000
"""Bytes of all assets, each compressed as CloudFront does."""


def test_all_assets_are_small_and_of_our_own(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    urls: set[str] = set()
    tab.page.context.on("request", lambda request: urls.add(request.url.partition("#")[0]))
    tab.page.reload()
    tab.create_ready()
    with tab.page.expect_download():
        tab.download.click()
    tab.press("Revoke")
    tab.shows("Revoked at")
    assert {url for url in urls if not url.startswith(f"{stack.page}/")} == set()

    assets = {url.removeprefix(f"{stack.page}/") for url in urls if "/api/" not in url}
    files = {str(file.relative_to(FRONTEND)) for file in FRONTEND.rglob("*") if file.is_file()}
    assert files - assets <= UNASKED
    sizes = [len(gzip.compress(httpx.get(f"{stack.page}/{path}").content)) for path in assets | {"favicon.svg"}]
    print(f"{len(sizes)} assets, {sum(sizes)} bytes compressed")
    assert sum(sizes) < LARGEST


def test_the_library_that_one_signs_in_with_is_what_make_vendor_gives() -> None:
    for file, text in built().items():
        assert file.read_text() == text, file


def test_every_script_is_announced_in_the_page_so_that_all_are_fetched_at_once() -> None:
    page = (FRONTEND / "index.html").read_text()
    scripts = {str(file.relative_to(FRONTEND)) for file in FRONTEND.rglob("*.js")} - {
        "js/app.js",
        "js/sign_in/signed_in.js",
    }
    assert {name for name in scripts if f'<link rel="modulepreload" href="{name}">' not in page} == set()


def test_the_pages_ask_for_nothing_that_is_not_there() -> None:
    for page in FRONTEND.glob("*.html"):
        asked = set(re.findall(r'(?:href|src)="((?:css|js)/[^"]+|favicon[^"]+)"', page.read_text()))
        assert asked
        assert {name for name in asked if not (FRONTEND / name).is_file()} == set(), page.name


def test_a_click_and_three_looks_at_most_bring_the_link(open_tab: OpenTab, stack: LocalStack) -> None:
    """Queued, working, ready: each is seen once, or passes between two looks."""
    for _ in range(3):
        tab = open_tab(stack)
        expect(tab.page.get_by_text("Nothing here yet.")).to_be_visible()
        before = len(tab.requests)
        assert before == 2, "the session and the history"
        tab.create_ready()
        assert len(tab.requests) - before <= 4


def test_waiting_asks_no_more_than_it_must(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        before = len(tab.requests)
        tab.page.wait_for_timeout(3000)
        assert len(tab.requests) <= before + 1
    expect(tab.download).to_be_visible(timeout=20_000)
    before = len(tab.requests)
    tab.page.wait_for_timeout(4000)
    assert len(tab.requests) <= before + 1


def test_a_token_is_kept_nowhere_but_in_the_link(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack, permissions=["clipboard-read", "clipboard-write"])
    token = tab.create_ready().rpartition("/")[2]
    tab.press("Copy link")
    with tab.page.expect_download():
        tab.download.click()
    tab.page.reload()
    expect(tab.download).to_be_visible()
    assert token not in kept(tab)
    assert tab.page.url == f"{stack.page}/#export={tab.export_id()}"
    assert not any(token in request.url for request in tab.requests)


def kept(tab: Tab) -> str:
    """All that a page can keep in a browser, and what it wrote on its face for anybody to read over a shoulder."""
    found: str = tab.page.evaluate(
        """async () => JSON.stringify([
          { ...localStorage }, { ...sessionStorage }, history.state, document.cookie, location.href,
          await caches.keys(), await indexedDB.databases(), document.title, document.body.innerText,
        ])"""
    )
    return found
