"""The file is made: its link's life, its end, and what is left."""

from collections.abc import Iterator
from itertools import repeat

from tests.browser.refusals import CROSS_SITE, EXPORT, Gate
from tests.browser.states.stage import Stage, begun
from tests.browser.tab import Tab


def ready(stage: Stage) -> Iterator[Tab]:
    """The link works."""
    with stage.visitor() as tab:
        begun(tab).create_ready()
        yield tab


def copy_by_hand(stage: Stage) -> Iterator[Tab]:
    """The browser did not let the page use the clipboard."""
    with stage.visitor() as tab:
        tab.deny_clipboard()
        begun(tab).create_ready()
        tab.press("Copy link")
        yield tab


def ending(stage: Stage) -> Iterator[Tab]:
    """20 seconds are left, or fewer."""
    with stage.visitor() as tab:
        begun(tab).create_ready()
        stage.grow_old(tab, "101 seconds")
        yield tab


def ending_unasked(stage: Stage) -> Iterator[Tab]:
    """By the page's reckoning the link is over; only the service may say so, and has not answered."""
    with stage.visitor() as tab:
        begun(tab).create_ready()
        stage.never_answer(tab, EXPORT, after=1)
        stage.grow_old(tab, "117 seconds")
        yield tab


def unseen_ready(stage: Stage) -> Iterator[Tab]:
    """The link works, but looking at its export was refused."""
    with stage.visitor() as tab:
        begun(tab).create_ready()
        Gate(tab, EXPORT, repeat(CROSS_SITE))
        tab.look_now()
        yield tab


def ended(stage: Stage) -> Iterator[Tab]:
    """The link's time is over; the file is still there."""
    with stage.visitor() as tab:
        begun(tab).create_ready()
        stage.grow_old(tab, "130 seconds")
        yield tab


def revoked(stage: Stage) -> Iterator[Tab]:
    """The link was revoked by whoever made it."""
    with stage.visitor() as tab:
        begun(tab).create_ready()
        tab.press("Revoke")
        yield tab


def removed(stage: Stage) -> Iterator[Tab]:
    """The file's time is over too."""
    with stage.visitor() as tab:
        begun(tab).create_ready()
        stage.age(tab.export_id(), "8 days")
        tab.wait_for(lambda: tab.export()["file"]["removed_at"])
        tab.page.reload()
        yield tab
