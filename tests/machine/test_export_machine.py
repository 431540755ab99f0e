"""Steps of owners, workers, the queue, visitors and time, in any order, made by the real functions on a real Postgres,
beside a model of what they must do.

One step at a time. A worker may vanish, or lose Postgres at its claim and at its completion; an owner's statement may
lose its answer once. What happens at the same moment, and every other fault, is for other tests.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from tests.machine.model import GRACE
from tests.machine.owners import OWNERS, OwnerSteps
from tests.machine.visitors import VisitorSteps
from tests.machine.workers import WorkerSteps
from tests.machine.world import World
from tests.support.containers import heavy


class Exports(OwnerSteps, WorkerSteps, VisitorSteps):
    """All of them."""

    @initialize(states=st.lists(st.sampled_from(["queued", "sent again", "running", "ready", "failed"]), max_size=3))
    def begin_with(self, states: list[str]) -> None:
        """What would else be rare: steps that have something to meet from the first one on."""
        for state in states:
            self.request(0, None)
            if state == "running":
                self.begin_to_work(0)
            elif state == "ready":
                self.deliver(0, 0, "a PDF")
            elif state == "failed":
                self.deliver(0, 0, "not found")
            elif state == "sent again":
                self.wait(GRACE.seconds)
                self.sweep()

    @rule(owner=OWNERS)
    def request_and_deliver(self, owner: int) -> None:
        """As it nearly always goes: without this, few examples would come to have a link."""
        self.request(owner, None)
        if self.history.messages:
            self.deliver(0, 0, "a PDF")

    @rule(owner=OWNERS)
    def request_and_begin(self, owner: int) -> None:
        """The same for a worker in the middle of it."""
        self.request(owner, None)
        if self.history.messages:
            self.begin_to_work(0)


def test_whatever_happens_in_whatever_order_every_promise_holds_after_each_step(world: World) -> None:
    class Here(Exports):
        def __init__(self) -> None:
            super().__init__(world)

    bounds = settings(
        max_examples=heavy(1300),
        stateful_step_count=25,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Here, settings=bounds)
