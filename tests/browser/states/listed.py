"""The history with much in it."""

from collections.abc import Iterator
from itertools import repeat

from playwright.sync_api import expect

from tests.browser.refusals import FORBIDDEN, HISTORY, Gate
from tests.browser.states.stage import Stage, begun
from tests.browser.tab import Tab

PAGE = 20
COPIES = """
INSERT INTO runs (id, owner, document, job_type, state, max_attempts, deadline_at, created_at, updated_at, ended_at)
  SELECT gen_random_uuid(), owner, document, job_type, 'canceled', max_attempts, deadline_at - age, created_at - age,
    updated_at - age, created_at - age
  FROM runs, generate_series(1, %(copies)s) AS number, make_interval(hours => 7 * number) AS age WHERE id = %(id)s
"""
AGES = ("8 days", "3 days", "5 hours", "130 seconds", "30 seconds")


def everything(stage: Stage) -> Iterator[Tab]:
    """One line of each kind: at work, ready, canceled, failed, revoked, ended a while and days ago, removed."""
    with stage.visitor() as tab:
        made = [stage.make_ready(begun(tab)) for _ in AGES]
        for export_id, age in zip(made, AGES, strict=True):
            stage.age(export_id, age)
        api, exports = tab.page.request, f"{stage.stack.page}/api/exports"
        (link,) = api.get(f"{exports}/{made[-1]}").json()["links"]
        assert api.delete(f"{stage.stack.page}/api/links/{link['id']}").ok
        with stage.failing_source():
            tab.create()
            tab.shows("(4 tries).", seconds=20)
        with stage.silent_source():
            canceled = api.post(exports, data={}).json()["id"]
            assert api.post(f"{exports}/{canceled}/cancel").ok
        tab.press("New export")
        tab.create_ready()
        with tab.page.expect_download():
            tab.download.click()
        tab.shows("Downloaded once")
        with stage.silent_source():
            api.post(exports, data={})
            tab.wait_for(lambda: api.get(f"{exports}/{made[0]}").json()["file"]["removed_at"])
            tab.page.reload()
            expect(tab.rows.first).to_contain_text("Preparing")
            yield tab


def pages(stage: Stage) -> Iterator[Tab]:
    """More than one page of it."""
    with stage.visitor() as tab:
        make_pages(stage, begun(tab))
        yield tab


def stuck(stage: Stage) -> Iterator[Tab]:
    """Its next page was refused."""
    with stage.visitor() as tab:
        make_pages(stage, begun(tab))
        Gate(tab, HISTORY, repeat(FORBIDDEN))
        tab.history.get_by_role("button", name="Show older").click()
        yield tab


def make_pages(stage: Stage, tab: Tab) -> None:
    """A page and one line more, some hours between each and the next."""
    first = stage.make_ready(tab)
    stage.stack.rows(COPIES, id=first, copies=PAGE)
    tab.page.reload()
    expect(tab.rows).to_have_count(PAGE)
