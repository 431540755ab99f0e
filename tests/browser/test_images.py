"""Images: signing in, asking, waiting one by one, keeping; on the whole stack, with the laptop's providers."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from infra.local.stack import Options
from tests.browser.conftest import OpenTab
from tests.browser.keyboard import Keyboard
from tests.browser.people import ANN, BOB, EVE, IMAGES, SOON, ask, choose, gate, pictures, provider, sign_in, tiles
from tests.browser.test_lighthouse import IS_HEAVY, is_flawless, watched_by_lighthouse
from tests.browser.test_page import kept
from tests.support.stack import LocalStack, local_stack

pytestmark = pytest.mark.browser

WEBP = b"RIFF"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack that makes images."""
    with local_stack(tmp_path_factory.mktemp("studio"), Options(speed=100), IMAGE_PROVIDER="openai") as running:
        yield running


def test_four_images_come_one_by_one_and_one_that_failed_is_had_by_a_retry(
    open_tab: OpenTab, studio: LocalStack
) -> None:
    tab = open_tab(studio, IMAGES, viewport={"width": 1280, "height": 2000})  # all of them are in view
    expect(gate(tab)).to_contain_text("Sign in to create images.")
    tab.page.evaluate("window.notReloaded = true")
    sign_in(tab)
    bearer = next(request.headers["authorization"] for request in tab.requests if request.method == "POST")
    assert bearer.removeprefix("Bearer ") not in kept(tab)

    prompt = f"A red fox in the snow, {uuid4()} [fail once: content policy]"
    ask(tab, prompt, 4)
    places = [tile.bounding_box() for tile in tiles(tab).all()]
    expect(pictures(tab)).to_have_count(3, timeout=SOON)
    failed = tiles(tab).filter(has_text="Ref ")
    expect(failed).to_have_count(1)
    failed.get_by_role("button", name="Retry").click()
    expect(pictures(tab)).to_have_count(4, timeout=SOON)
    assert [tile.bounding_box() for tile in tiles(tab).all()] == places
    assert tab.page.evaluate("shifts") == []
    assert tab.page.evaluate("notReloaded") is True
    expect(tab.history.get_by_role("listitem").first).to_contain_text("4 of 4 ready")

    with tab.page.expect_download() as download:
        tiles(tab).first.get_by_role("link", name="Download").click()
    assert download.value.path().read_bytes().startswith(WEBP)

    opener = pictures(tab).first
    opener.click()
    dialog = tab.page.get_by_role("dialog")
    large = dialog.get_by_role("img", name=prompt)
    assert large.evaluate("(image) => image.naturalWidth") == 1024
    tab.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    expect(opener.get_by_role("img", include_hidden=True)).to_have_attribute("alt", prompt)

    tab.page.get_by_role("button", name="Sign out").click()
    expect(gate(tab)).to_contain_text("Sign in to create images.")
    expect(tab.page.locator("body")).not_to_contain_text("red fox", use_inner_text=True)
    assert tab.page.request.get(f"{studio.page}/api/generations").status == 401


def test_a_link_that_ended_is_renewed_by_a_press_and_what_was_seen_stays(open_tab: OpenTab, studio: LocalStack) -> None:
    tab = open_tab(studio, IMAGES)
    sign_in(tab)
    ask(tab, "A lighthouse")
    expect(pictures(tab)).to_have_count(1, timeout=SOON)
    tab.page.clock.install()
    tab.page.clock.fast_forward(121_000)
    download = tiles(tab).get_by_role("button", name="Download")
    expect(download).to_be_visible(timeout=SOON)
    expect(pictures(tab)).to_have_count(1)
    with tab.page.expect_download() as fetched:
        download.click()
    assert fetched.value.path().read_bytes().startswith(WEBP)


def test_an_image_that_is_waited_for_can_be_canceled_and_the_others_go_on(
    open_tab: OpenTab, studio: LocalStack
) -> None:
    tab = open_tab(studio, IMAGES)
    sign_in(tab)
    ask(tab, "A slow boat [slow]", 2)
    tiles(tab).first.get_by_role("button", name="Cancel").click()
    expect(tiles(tab).first).to_contain_text("Canceled.")
    expect(pictures(tab)).to_have_count(1, timeout=60_000)
    expect(tiles(tab).first).to_contain_text("Canceled.")


def test_who_is_of_another_domain_is_told_so_and_nobody_sees_what_is_anothers(
    open_tab: OpenTab, studio: LocalStack
) -> None:
    ann = open_tab(studio, IMAGES)
    sign_in(ann, ANN)
    ask(ann, "Ann's own garden")
    expect(pictures(ann)).to_have_count(1, timeout=SOON)

    other = open_tab(studio, ann.page.url.removeprefix(studio.page))
    choose(provider(other, gate(other).get_by_role("button", name="Sign in")), EVE)
    expect(gate(other).get_by_role("alert")).to_have_text("Sign in with a @corp.example address.", timeout=SOON)
    sign_in(other, BOB)
    expect(other.page.get_by_role("heading", name=re.compile("These images are not here"))).to_be_visible(timeout=SOON)
    expect(other.history).to_contain_text("No images yet.")
    expect(other.page.locator("body")).not_to_contain_text("garden", use_inner_text=True)


def test_one_who_declines_or_whose_browser_blocks_the_window_is_told_so(open_tab: OpenTab, studio: LocalStack) -> None:
    tab = open_tab(studio, IMAGES)
    window = provider(tab, gate(tab).get_by_role("button", name="Sign in"))
    expect(gate(tab).get_by_role("status")).to_have_text("Sign in in the other window.")
    with window.expect_event("close"):
        window.get_by_role("button", name="Deny").click()
    expect(gate(tab).get_by_role("alert")).to_have_text("You did not sign in, or were not allowed to.")
    tab.page.evaluate("window.open = () => null")
    gate(tab).get_by_role("button", name="Sign in").click()
    expect(gate(tab).get_by_role("alert")).to_contain_text("The browser blocked the sign-in window.")


def test_older_images_come_page_by_page_newest_first(open_tab: OpenTab, studio: LocalStack) -> None:
    tab = open_tab(studio, IMAGES)
    sign_in(tab, BOB)
    for number in range(3):
        ask(tab, f"Boat {number}")
        expect(pictures(tab)).to_have_count(1, timeout=SOON)
    # Pages of one, by the service's own cursors.
    pages = re.compile(r"/api/generations\?limit=\d+")
    tab.page.route(pages, lambda route: route.continue_(url=re.sub(r"limit=\d+", "limit=1", route.request.url)))
    tab.page.goto(f"{studio.page}{IMAGES}")
    tab.page.reload()
    for seen in (1, 2):
        expect(tab.rows).to_have_count(seen)
        tab.history.get_by_role("button", name="Show older").click()
    boats = tab.rows.filter(has_text=re.compile("Boat"))
    expect(boats).to_have_count(3)
    assert [line.partition("Boat ")[2][:1] for line in boats.all_inner_texts()] == ["2", "1", "0"]


if IS_HEAVY:

    def test_lighthouse_finds_nothing_to_better_on_an_image(
        browser: Browser, chromium: str, studio: LocalStack, tmp_path: Path
    ) -> None:
        with watched_by_lighthouse(browser, chromium, studio, tmp_path) as (tab, port):
            tab.go(IMAGES)
            sign_in(tab)
            ask(tab, "A calm sea")
            expect(pictures(tab)).to_have_count(1, timeout=SOON)
            is_flawless(tab, port)


def test_images_need_no_mouse(open_tab: OpenTab, studio: LocalStack) -> None:
    tab = open_tab(studio, IMAGES)
    sign_in(tab)
    keyboard = Keyboard(tab)
    while tab.page.evaluate("document.activeElement.name") != "prompt":
        keyboard.step()
    tab.page.keyboard.type("A sailing boat")
    keyboard.to("Create images")
    keyboard.press("Enter")
    expect(pictures(tab)).to_have_count(1, timeout=SOON)
    expect(tab.page.get_by_role("button", name="Create images")).to_be_focused()
    keyboard.to("Open 1 of 1:")
    keyboard.press("Enter")
    expect(tab.page.get_by_role("dialog")).to_be_visible()
    keyboard.press("Escape")
    expect(pictures(tab)).to_be_focused()
    keyboard.to("Download")
    with tab.page.expect_download():
        keyboard.press("Enter")
    assert keyboard.jumps() == []
