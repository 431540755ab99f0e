"""Lighthouse, which Chrome's own people judge pages by: the page as a phone shows it, empty and with a link.

Performance is left out: its figures are those of the machine that measures.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from infra.local.ports import free_port
from tests.browser.conftest import ARGUMENTS
from tests.browser.node import PACKAGES, run_node
from tests.browser.people import CALLS, signed_in, timeline
from tests.browser.tab import Tab
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser

CATEGORIES = ["accessibility", "best-practices", "seo"]
FLAGS = [
    f"--only-categories={','.join(CATEGORIES)}",
    "--disable-storage-reset",  # the visitor stays who they are
    "--throttling-method=provided",  # nothing is timed
    "--max-wait-for-load=5000",  # the page waits for news: its network is never quiet
    "--disable-full-page-screenshot",
    "--no-enable-error-reporting",
    "--output=json",
    "--quiet",
]


IS_HEAVY = os.environ.get("HANDOFF_HEAVY") == "1"
"""A look takes Lighthouse some ten seconds of a processor, and with a link there is all that the empty page has. Images
and Calls are judged with HANDOFF_HEAVY=1 alone; axe looks at every state of theirs each time."""


def test_lighthouse_finds_nothing_to_better_on_the_empty_page_and_with_a_link(
    browser: Browser, chromium: str, stack: LocalStack, tmp_path: Path
) -> None:
    with watched_by_lighthouse(browser, chromium, stack, tmp_path) as (tab, port):
        tab.go("/")
        tab.shows("Create a PDF.")
        if IS_HEAVY:
            is_flawless(tab, port)

        tab.create_ready()
        looks: list[str] = []
        tab.page.context.on(
            "request", lambda request: looks.append(request.url) if request.frame.page != tab.page else None
        )
        is_flawless(tab, port)
        tab.wait_for(lambda: any(tab.export_id() in url for url in looks))

        if IS_HEAVY:
            tab.page.context.add_cookies(signed_in(stack)["storage_state"]["cookies"])
            tab.go(CALLS)
            tab.page.reload()
            expect(timeline(tab)).to_contain_text("As of ")
            is_flawless(tab, port)


@contextmanager
def watched_by_lighthouse(
    browser: Browser, chromium: str, stack: LocalStack, folder: Path
) -> Iterator[tuple[Tab, int]]:
    """A tab, and the port at which Lighthouse finds its browser. It opens tabs of its own, and only those of a profile
    share its cookies."""
    port = free_port()
    profile = browser.browser_type.launch_persistent_context(
        folder, executable_path=chromium, args=[*ARGUMENTS, f"--remote-debugging-port={port}"]
    )
    tab = Tab(profile.new_page(), stack)
    yield tab, port
    profile.close()
    assert tab.complaints == []


def is_flawless(tab: Tab, port: int) -> None:
    """Every category is at 100, and no audit failed, whatever its weight."""
    lighthouse = str(PACKAGES / "lighthouse" / "cli" / "index.js")
    report = json.loads(run_node(lighthouse, tab.page.url, f"--port={port}", *FLAGS))
    assert report["finalDisplayedUrl"] == tab.page.url
    assert report["configSettings"]["formFactor"] == "mobile"
    audits = report["audits"].values()
    failed = {audit["id"]: audit for audit in audits if audit["score"] is not None and audit["score"] < 1}
    scores = {name: category["score"] for name, category in report["categories"].items()}
    assert scores == dict.fromkeys(CATEGORIES, 1), json.dumps(failed, indent=1)
    assert failed == {}, json.dumps(failed, indent=1)
