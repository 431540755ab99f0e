"""Where the page's states are played: the whole stack, with hands on the source, the queue and the time that passes."""

import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Route, expect

from infra.local.source import DEFAULT_PDF
from infra.local.stack import Options
from tests.browser.tab import Tab
from tests.support.servers import Source, http_server
from tests.support.stack import LocalStack, local_stack

SANDBOX = re.compile("Blocked script execution")
"""Of the tests' own script, on what a link's visitor is answered: nothing there may run any."""

# A trigger refuses to move a link's end, as it should. That time has passed can be had only behind its back.
AGES = """
SET session_replication_role = replica;
UPDATE runs SET (created_at, updated_at, started_at, ended_at) =
  (created_at - %(age)s, updated_at - %(age)s, started_at - %(age)s, ended_at - %(age)s) WHERE id = %(id)s;
UPDATE files SET (created_at, stored_at) = (created_at - %(age)s, stored_at - %(age)s) WHERE run_id = %(id)s;
UPDATE links SET (created_at, expires_at) = (created_at - %(age)s, expires_at - %(age)s)
  WHERE file_id IN (SELECT id FROM files WHERE run_id = %(id)s);
"""


@dataclass
class Stage:
    """`source` answers every attempt; `browser` gives each state a visitor of its own. `held` waits for an answer."""

    stack: LocalStack
    source: Source
    browser: Browser
    context: dict[str, Any] = field(default_factory=dict)
    held: list[Route] = field(default_factory=list)

    @contextmanager
    def visitor(self, address: str = "/", **context: Any) -> Iterator[Tab]:
        """A tab of somebody who was never here before."""
        opened = self.browser.new_context(**self.context, **context)
        try:
            tab = Tab(opened.new_page(), self.stack)
            tab.go(address)
            yield tab
            assert [complaint for complaint in tab.complaints if not SANDBOX.match(complaint)] == []
        finally:
            while self.held:
                self.held.pop().abort()
            opened.close()

    @contextmanager
    def silent_source(self, answered: int = 0) -> Iterator[None]:
        """For as long as the block runs, the source refuses so many requests and then says nothing to any other."""
        first, speaks = self.source.requests, threading.Event()

        def keep_silent() -> None:
            self.source.status = 503
            if self.source.requests > first + answered:
                speaks.wait()
                self.source.status = 200

        self.source.before_answer = keep_silent
        try:
            yield
        finally:
            self.source.before_answer = lambda: None
            self.source.status = 200
            speaks.set()

    @contextmanager
    def failing_source(self) -> Iterator[None]:
        """For as long as the block runs, the source answers with an error."""
        self.source.status = 503
        try:
            yield
        finally:
            self.source.status = 200

    def halted_queue(self) -> AbstractContextManager[None]:
        """For as long as the block runs, the queue takes and brings nothing."""
        return self.stack.halted("QStash")

    def age(self, export_id: str, age: str) -> None:
        """As if an export had been asked for so much earlier ("95 seconds"), with all that followed."""
        self.stack.rows(AGES.replace("%(age)s", f"interval '{age}'").replace("%(id)s", f"'{export_id}'"))

    def grow_old(self, tab: Tab, age: str) -> None:
        """The same of what is open, looked at anew."""
        self.age(tab.export_id(), age)
        tab.page.reload()

    def never_answer(self, tab: Tab, url: str, *, method: str = "GET", after: int = 0) -> None:
        """From now on, after so many more, requests of the page get no answer."""
        answered = 0

        def hold(route: Route) -> None:
            nonlocal answered
            if route.request.method != method:
                return route.fallback()
            answered += 1
            if answered > after:
                self.held.append(route)
            else:
                route.continue_()
            return None

        tab.page.route(url, hold)

    def make_ready(self, tab: Tab) -> str:
        """An export of this visitor's, made without the page."""
        api, exports = tab.page.request, f"{self.stack.page}/api/exports"
        export_id = str(api.post(exports, data={}).json()["id"])
        tab.wait_for(lambda: api.get(f"{exports}/{export_id}").json()["state"] == "ready")
        return export_id


@contextmanager
def stage(folder: Path, browser: Browser, **context: Any) -> Iterator[Stage]:
    """Handoff as it comes, but with a source of ours, and quicker where it would only let one wait."""
    source = Source(body=DEFAULT_PDF.read_bytes())
    with http_server(source.respond) as url:
        reach = partial(replace, source=f"{url}/reference")
        with local_stack(folder, Options(speed=100, sweep_interval=0.5, reach=reach), IMAGE_PROVIDER="openai") as stack:
            yield Stage(stack, source, browser, context)


def begun(tab: Tab) -> Tab:
    """Once the page may ask for anything."""
    expect(tab.history.locator(".history-loading")).to_be_hidden(timeout=20_000)
    return tab
