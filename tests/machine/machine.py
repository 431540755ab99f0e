"""One run of the machine: a world, the model beside it, what is compared after each step; and the steps of time."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from handoff.jobs.leases import Claim
from handoff.jobs.messages import RunMessage
from tests.machine.checks import assert_agreement, assert_no_step_back, assert_promises
from tests.machine.history import History
from tests.machine.model import File, Link
from tests.machine.world import Rows, World, message_of

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = 86_400
PICKS = st.sampled_from((0, 0, 0, 1, 1, 2, 5))
"""Mostly the same thing again: steps that never meet show nothing."""
Item = TypeVar("Item")


def nth(items: list[Item], pick: int) -> Item:
    """The youngest is the 0th."""
    return items[-1 - pick % len(items)]


class Machine(RuleBasedStateMachine):
    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.handoff = world.handoff
        self.history = History(BEGIN)
        self.workers: list[tuple[Claim, RunMessage, File]] = []
        self.every_link: list[Link] = []
        """Also those that were deleted."""
        self.seen: Rows | None = None
        self.bodies = 0
        world.begin()
        world.clock.stop_at(BEGIN)

    @property
    def now(self) -> datetime:
        return self.history.now

    @invariant()
    def all_is_as_it_must_be(self) -> None:
        rows = self.world.rows()
        assert self.world.now() == self.now
        assert_agreement(self.history, rows)
        assert_promises(rows, self.world.stored_keys())
        assert_no_step_back(self.seen or rows, rows)
        assert sorted(map(message_of, self.world.queue.published)) == sorted(self.history.messages)
        self.seen = rows

    # Time

    @rule()
    def sweep(self) -> None:
        assert self.handoff.sweep() == self.history.sweep()

    @precondition(lambda self: self.history.moments())
    @rule()
    def sweep_when_something_is_due(self) -> None:
        self.go_to(self.history.moments()[0])
        self.sweep()

    @rule(seconds=st.sampled_from([1, 7, 31, 130, 901, DAY, 7 * DAY, 30 * DAY]))
    def wait(self, seconds: int) -> None:
        self.go_to(self.now + timedelta(seconds=seconds))

    @precondition(lambda self: self.history.moments())
    @rule(pick=PICKS, early=st.booleans())
    def wait_until_something_ends(self, pick: int, early: bool) -> None:
        """Or until the last microsecond before."""
        moments = self.history.moments()
        moment = moments[pick % len(moments)] - timedelta(microseconds=early)
        self.go_to(max(moment, self.now))

    def go_to(self, moment: datetime) -> None:
        self.history.now = moment
        self.world.clock.stop_at(moment)

    def learn_links(self) -> None:
        """The links of what has just become ready, by the names that the functions gave them."""
        for link in self.history.links:
            if not link.id:
                (found,) = self.world.people[link.run.owner].export(link.run.id)["links"]
                link.id, link.url = found["id"], found["url"]
                self.every_link.append(link)

    def is_known(self, link: Link) -> bool:
        return link.run in self.history.runs
