"""Ended without a file, or never begun."""

from collections.abc import Iterator
from itertools import repeat

from playwright.sync_api import expect

from tests.browser.refusals import BUG, CROSS_SITE, EXPORT, EXPORTS, Gate
from tests.browser.states.stage import Stage, begun
from tests.browser.tab import Tab


def failed(stage: Stage) -> Iterator[Tab]:
    """Every attempt failed."""
    with stage.visitor() as tab, stage.failing_source():
        begun(tab).create()
        yield tab


def timed_out(stage: Stage) -> Iterator[Tab]:
    """It was not done before its deadline."""
    with stage.visitor() as tab, stage.silent_source():
        begun(tab).create()
        tab.is_preparing()
        stage.stack.rows("UPDATE runs SET deadline_at = clock_timestamp() WHERE id = %(id)s", id=tab.export_id())
        yield tab


def canceled(stage: Stage) -> Iterator[Tab]:
    """Canceled while it waited for its turn."""
    with stage.visitor() as tab, stage.halted_queue():
        begun(tab).create()
        tab.shows("Waiting for its turn… 0:0")
        tab.press("Cancel")
        yield tab


def canceled_at_work(stage: Stage) -> Iterator[Tab]:
    """Canceled while a worker had it."""
    with stage.visitor() as tab, stage.silent_source():
        begun(tab).create()
        tab.is_preparing()
        tab.press("Cancel")
        yield tab


def too_many(stage: Stage) -> Iterator[Tab]:
    """More was asked for at once than one may have: the button comes back by itself."""
    with stage.visitor() as tab, stage.silent_source():
        for _ in range(int(stage.stack.settings.get("MAX_ACTIVE_RUNS", 5))):
            assert begun(tab).page.request.post(f"{stage.stack.page}/api/exports", data={}).status == 202
        tab.create()
        yield tab


def refused(stage: Stage) -> Iterator[Tab]:
    """The service met a bug, twice."""
    with stage.visitor() as tab:
        Gate(begun(tab), EXPORTS, [BUG] * 2, method="POST")
        tab.create()
        yield tab


def unseen(stage: Stage) -> Iterator[Tab]:
    """It is being prepared, but looking at it was refused."""
    with stage.visitor() as tab, stage.silent_source():
        begun(tab).create()
        tab.is_preparing()
        Gate(tab, EXPORT, repeat(CROSS_SITE))
        tab.look_now()
        expect(tab.button("Try now")).to_be_enabled()
        yield tab
