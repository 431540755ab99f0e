"""From the click to the file."""

from collections.abc import Iterator

from playwright.sync_api import Route

from tests.browser.refusals import EXPORTS
from tests.browser.states.stage import Stage, begun
from tests.browser.tab import Tab


def sending(stage: Stage) -> Iterator[Tab]:
    """The click is on its way to the service."""
    with stage.visitor() as tab:
        stage.never_answer(begun(tab), EXPORTS, method="POST")
        tab.create()
        yield tab


def answer_lost(stage: Stage) -> Iterator[Tab]:
    """The service took the click, its answer did not arrive, and the same request is sent again."""
    posts: list[Route] = []

    def lose(route: Route) -> None:
        posts.append(route)
        if len(posts) == 1:
            assert route.fetch().status == 202
            route.abort("connectionreset")
        else:
            stage.held.append(route)

    with stage.visitor() as tab:
        begun(tab).page.route(EXPORTS, lose)
        tab.create()
        yield tab


def queued(stage: Stage) -> Iterator[Tab]:
    """It is written down, and no worker has taken it."""
    with stage.visitor() as tab, stage.halted_queue():
        begun(tab).create()
        yield tab


def working(stage: Stage) -> Iterator[Tab]:
    """A worker waits for the source."""
    with stage.visitor() as tab, stage.silent_source():
        begun(tab).create()
        yield tab


def second_attempt(stage: Stage) -> Iterator[Tab]:
    """The first attempt failed, and the second is under way."""
    with stage.visitor() as tab, stage.silent_source(answered=1):
        begun(tab).create()
        yield tab


def slow(stage: Stage) -> Iterator[Tab]:
    """It takes longer than one would like to watch."""
    with stage.visitor() as tab, stage.silent_source():
        begun(tab).create()
        tab.is_preparing()
        stage.grow_old(tab, "70 seconds")
        yield tab


def offline(stage: Stage) -> Iterator[Tab]:
    """The network went while it was prepared: what was last known stays."""
    with stage.visitor() as tab, stage.silent_source():
        begun(tab).create()
        tab.is_preparing()
        tab.page.context.set_offline(True)
        tab.look_now()
        yield tab
        tab.page.context.set_offline(False)
