"""Fixtures for the page's tests: a browser, two running stacks, and tabs that fail on what the browser objects to."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from infra.local.browser import NOT_FOUND, find_browser
from infra.local.stack import Options
from tests.browser.tab import Tab
from tests.support.stack import LocalStack, local_stack

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

OpenTab = Callable[..., Tab]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a browser does takes its time, and on a busy machine sometimes more than any test waits: once more, then.

    The report names each test that needed it, and a test that fails twice has failed.
    """
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program's path, looked for before Playwright runs: it cannot look for its own while it does."""
    program = find_browser()
    assert program, NOT_FOUND
    return program


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Handoff as it comes; only the queue's delays are shorter."""
    with local_stack(tmp_path_factory.mktemp("stack"), Options(speed=100)) as running:
        yield running


@pytest.fixture(scope="session")
def hasty_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Links end after 5 seconds, attempts after 1, and one run at a time is enough."""
    settings = {
        "LINK_TTL_SECONDS": "5",
        "JOB_TIME_LIMIT_SECONDS": "1",
        "LEASE_SECONDS": "3",
        "JOB_RETRIES": "1",
        "MAX_ACTIVE_RUNS": "1",
    }
    options = Options(speed=100, sweep_interval=0.5)
    with local_stack(tmp_path_factory.mktemp("hasty"), options, **settings) as running:
        yield running


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[OpenTab]:
    """Opens a tab of a new visitor, or with `beside` another tab of the same one."""
    tabs: list[Tab] = []

    def open_one(stack: LocalStack, address: str = "/", *, beside: Tab | None = None, **context: object) -> Tab:
        where = beside.page.context if beside else browser.new_context(**context)  # type: ignore[arg-type]
        tabs.append(Tab(where.new_page(), stack))
        tabs[-1].go(address)
        return tabs[-1]

    yield open_one
    complaints = [complaint for tab in tabs for complaint in tab.complaints]
    for tab in tabs:
        tab.page.context.close()
    assert complaints == []


def silent_source(stack: LocalStack) -> AbstractContextManager[None]:
    """For as long as the block runs, the source takes connections and says nothing."""
    return stack.halted("The source")
