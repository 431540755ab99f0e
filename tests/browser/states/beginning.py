"""Before anything was asked for."""

from collections.abc import Iterator
from itertools import repeat

from tests.browser.refusals import EXPORT, FORBIDDEN, HISTORY, SESSION, Gate, throttled_for
from tests.browser.states.stage import Stage, begun
from tests.browser.tab import Tab


def starting(stage: Stage) -> Iterator[Tab]:
    """The session is being asked for: nothing can be clicked, so nothing can be lost."""
    with stage.visitor() as tab:
        stage.never_answer(tab, SESSION)
        tab.page.reload()
        yield tab


def empty(stage: Stage) -> Iterator[Tab]:
    """The first visit."""
    with stage.visitor() as tab:
        yield begun(tab)


def history_loading(stage: Stage) -> Iterator[Tab]:
    """The page may be used already; the history is on its way."""
    with stage.visitor() as tab:
        stage.never_answer(tab, HISTORY)
        tab.page.reload()
        yield tab


def history_error(stage: Stage) -> Iterator[Tab]:
    """The history was refused; the page works without it."""
    with stage.visitor() as tab:
        Gate(tab, HISTORY, repeat(FORBIDDEN))
        tab.page.reload()
        yield tab


def throttled_session(stage: Stage) -> Iterator[Tab]:
    """The session was answered with 429: it is asked for again by itself."""
    with stage.visitor() as tab:
        Gate(tab, SESSION, repeat(throttled_for(60)))
        tab.page.reload()
        yield tab


def refused_session(stage: Stage) -> Iterator[Tab]:
    """The session was refused, so nothing else can be asked."""
    with stage.visitor() as tab:
        Gate(tab, SESSION, repeat(FORBIDDEN))
        tab.page.reload()
        yield tab


def unreachable(stage: Stage) -> Iterator[Tab]:
    """The service was away from the first request on."""
    with stage.visitor() as tab:
        tab.page.route("**/api/**", lambda route: route.abort())
        tab.page.reload()
        yield tab


def opening(stage: Stage) -> Iterator[Tab]:
    """An export's address was opened, and its answer is on its way."""
    with stage.visitor() as tab:
        begun(tab).create_ready()
        for url in (EXPORT, HISTORY):
            stage.never_answer(tab, url)
        tab.page.reload()
        yield tab


def missing(stage: Stage) -> Iterator[Tab]:
    """Somebody opened the address of another's export."""
    with stage.visitor() as other:
        begun(other).create_ready()
        with stage.visitor(f"/#export={other.export_id()}") as tab:
            yield begun(tab)


def without_scripts(stage: Stage) -> Iterator[Tab]:
    """The visitor's browser runs no scripts."""
    with stage.visitor(java_script_enabled=False) as tab:
        yield tab
