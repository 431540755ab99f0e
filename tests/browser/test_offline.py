"""The service is away for longer: what is known stays, the pauses grow, and all goes on by itself."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from infra.local.ports import free_port
from infra.local.state import State
from tests.browser.conftest import OpenTab, silent_source
from tests.browser.refusals import EXPORT, HISTORY
from tests.browser.tab import Tab
from tests.support.stack import LocalStack

pytestmark = pytest.mark.browser

LONGEST = [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]
"""Milliseconds of each pause at most; at least it is six tenths of that."""


def banner(tab: Tab) -> Locator:
    return tab.page.get_by_role("status").filter(has_text="Can't reach the service. Last checked")


def test_pauses_grow_to_half_a_minute_are_jittered_and_never_end(open_tab: OpenTab, stack: LocalStack) -> None:
    tab = open_tab(stack)
    tab.page.clock.install()
    tab.page.reload()  # so that the page has no other clock
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.abort()

    with silent_source(stack):
        tab.create()
        tab.is_preparing()
        tab.stop_clock()
        tab.page.route(EXPORT, refuse)
        with tab.page.expect_response(
            HISTORY
        ):  # which is asked for too, and answered: the pauses are the export's alone
            tab.look_now()
        pauses: list[float] = []
        for asked in range(1, len(LONGEST) + 1):
            tab.wait_for(lambda: len(tab.pauses()) == asked)  # noqa: B023 (it is waited for here)
            assert len(refused) == asked, "it asked before the pause was over"
            pauses = tab.pauses()
            tab.page.clock.fast_forward(int(pauses[-1]) + 1)
        shares = [pause / longest for pause, longest in zip(pauses, LONGEST, strict=True)]
        assert all(0.6 <= share <= 1 for share in shares), pauses
        assert len(set(shares)) == len(shares), "pages that fell together come back together"
        expect(banner(tab)).to_be_visible()
        tab.shows("Still working")

        tab.wait_for(lambda: len(refused) == len(LONGEST) + 1)
        tab.page.get_by_role("button", name="Try now").click()
        tab.wait_for(lambda: len(refused) == len(LONGEST) + 2)
        tab.page.unroute_all()
        tab.page.clock.resume()
        tab.page.clock.fast_forward(31_000)
        expect(banner(tab)).to_be_hidden()
    tab.page.clock.fast_forward(31_000)
    expect(tab.download).to_be_visible(timeout=20_000)


def test_a_page_outlives_a_service_that_was_killed_and_goes_on_with_the_next(open_tab: OpenTab, tmp_path: Path) -> None:
    port = free_port()
    killed = LocalStack(f"http://localhost:{port}", {}, State(tmp_path))
    with serving(tmp_path, port) as service:
        tab = open_tab(killed)
        link = tab.create_ready()
        service.kill()
        service.wait()
        expect(banner(tab)).to_be_visible(timeout=15_000)
        tab.shows(re.compile(r"Ready\. The link works for 1:\d\d\."))
        expect(tab.download).to_have_attribute("href", link)
        expect(tab.rows).to_have_count(1)
        tab.press("Revoke")  # said to nobody, and sent again until it is heard
        tab.shows("Connection dropped.")
    with serving(tmp_path, port):
        expect(banner(tab)).to_be_hidden(timeout=35_000)
        tab.shows("Revoked at", seconds=35)
        assert tab.page.request.get(link).status == 410
        tab.press("New link")
        expect(tab.download).to_be_visible()
        assert tab.page.request.get(tab.link()).status == 200
        expect(tab.rows).to_have_count(1)


@contextmanager
def serving(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`handoff dev`, a process of its own, which serves."""
    command = [sys.executable, "-m", "infra.local.cli", "--folder", str(folder), "dev", "--port", str(port)]
    options = ["--qstash-port", "0", f"--stop-with-parent={os.getpid()}"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            said = next((line for line in process.stdout if "Ctrl-C" in line), None)
            assert said, "it did not start"
            yield process
        finally:
            process.kill()
