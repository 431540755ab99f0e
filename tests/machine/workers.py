"""The steps of workers and of the queue. Each does it for real, tells the model, and compares the answers."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from handoff.errors import InvalidDeliveryError, JobFailedError, JobLeasedError
from handoff.jobs.base import Attempt
from handoff.jobs.messages import RunMessage
from tests.machine.machine import PICKS, Machine, nth
from tests.machine.model import RETRIES, Run

RETRIED = st.sampled_from((0, 1, RETRIES, RETRIES))
LONGEST_JOB = timedelta(minutes=14)

# What the source answers, and what that makes of the attempt: (outcome, whether for good).
SOURCES = {
    "a PDF": (200, None, False),
    "not found": (404, "source_status", True),
    "trouble": (500, "source_status", False),
    "a page": (200, "not_a_pdf", True),
}
SOURCE_NAMES = st.sampled_from((*SOURCES, "trouble"))
# Where the worker's connection is cut; whether the statement had its effect; whether the worker hears of it in the end.
CUTS = {
    "claim, heard the second time": ("claim_run", ("after",), True, True),
    "claim, never heard": ("claim_run", ("after", "before"), True, False),
    "complete, heard the second time": ("complete_run", ("after",), True, True),
    "complete, never heard": ("complete_run", ("after", "before"), True, False),
    "complete, never sent": ("complete_run", ("before", "before"), False, False),
}


class WorkerSteps(Machine):
    """Any message may come at any time: again, late, and after those that were sent later."""

    @precondition(lambda self: self.history.messages)
    @rule(pick=PICKS, retried=RETRIED, source=SOURCE_NAMES)
    def deliver(self, pick: int, retried: int, source: str) -> None:
        self.bring(nth(self.history.messages, pick), retried, source)

    @precondition(lambda self: self.history.old_messages())
    @rule(pick=PICKS, retried=RETRIED, source=SOURCE_NAMES)
    def deliver_an_old_message(self, pick: int, retried: int, source: str) -> None:
        """Rare if left to chance."""
        self.bring(nth(self.history.old_messages(), pick), retried, source)

    @precondition(lambda self: self.history.old_messages())
    @rule(pick=PICKS)
    def give_up_an_old_message(self, pick: int) -> None:
        self.report(*nth(self.history.old_messages(), pick))

    def bring(self, message: tuple[str, int], retried: int, source: str) -> None:
        run_id, try_ = message
        body = self.prepare_source(source)
        answer = self.handoff.deliver(run_id, try_, retried)
        run, claim = self.claim(run_id)
        if claim == "claimed":
            assert run is not None
            assert run.lease is not None
            _, outcome, permanent = SOURCES[source]
            if outcome is None:
                run.complete(run.lease, body, self.now)
            else:
                run.fail(run.lease, self.now, try_, retried, outcome, permanent)
            assert answer.status == (200 if outcome is None else 489 if permanent else 500)
        else:
            assert answer.status == {"gone": 489, "leased": 409, "done": 200}[claim]
        self.learn_links()

    @precondition(lambda self: self.history.messages)
    @rule(pick=PICKS, where=st.sampled_from(list(CUTS)))
    def deliver_over_a_bad_line(self, pick: int, where: str) -> None:
        run_id, try_ = nth(self.history.messages, pick)
        body = self.prepare_source("a PDF")
        query, moments, has_effect, is_heard = CUTS[where]
        self.world.cut(query, *moments)
        answer = self.handoff.deliver(run_id, try_)
        self.world.end_faults()
        run, claim = self.claim(run_id)
        if not is_heard and (query == "claim_run" or claim == "claimed"):
            assert answer.status == 503
        else:
            assert answer.status == {"gone": 489, "leased": 409, "done": 200, "claimed": 200}[claim]
        if claim == "claimed" and (query == "complete_run" or is_heard) and has_effect:
            assert run is not None
            assert run.lease is not None
            run.complete(run.lease, body, self.now)
        self.learn_links()

    @precondition(lambda self: self.history.messages)
    @rule(pick=PICKS)
    def begin_to_work(self, pick: int) -> None:
        """And go on later, or never."""
        run_id, try_ = nth(self.history.messages, pick)
        message = RunMessage(UUID(run_id), try_)
        try:
            found = self.job._leases.claim(message)
            answer = "claimed" if found else "done"
        except JobLeasedError:
            answer = "leased"
        except InvalidDeliveryError:
            answer = "gone"
        run, claim = self.claim(run_id)
        assert answer == claim
        if run and run.lease and answer == "claimed":
            self.workers.append((found, message, run.lease))

    @precondition(lambda self: self.workers)
    @rule(pick=PICKS)
    def finish_work(self, pick: int) -> None:
        claim, _, file = self.workers.pop(-1 - pick % len(self.workers))
        if file.created_at + LONGEST_JOB > self.now:  # else it is dead
            body = self.prepare_source("a PDF")
            self.job.make(claim, time.monotonic() + 60)
            file.run.complete(file, body, self.now)
            self.learn_links()

    @precondition(lambda self: self.workers)
    @rule(pick=PICKS, retried=RETRIED, permanent=st.booleans())
    def fail_at_work(self, pick: int, retried: int, permanent: bool) -> None:
        claim, message, file = self.workers.pop(-1 - pick % len(self.workers))
        attempt = Attempt("reference", is_last=retried >= RETRIES, pause_seconds=5 * 2**retried)
        self.job._leases.fail(claim, message, attempt, JobFailedError("empty", retryable=not permanent))
        file.run.fail(file, self.now, message.try_, retried, "empty", permanent)

    @precondition(lambda self: self.history.messages)
    @rule(pick=PICKS)
    def give_up(self, pick: int) -> None:
        self.report(*nth(self.history.messages, pick))

    def report(self, run_id: str, try_: int) -> None:
        assert self.handoff.give_up(run_id, try_).status == 200
        if run := self.history.run(run_id):
            run.give_up(try_, self.now)

    @rule()
    def break_or_mend_the_queue(self) -> None:
        self.history.queue_takes = not self.history.queue_takes
        self.world.queue.status = 201 if self.history.queue_takes else 503

    # For the above

    @property
    def job(self) -> Any:
        """In two halves, so that anything can happen between them."""
        return self.handoff.callback.wiring.deliveries._jobs["produce_export"]

    def claim(self, run_id: str) -> tuple[Run | None, str]:
        run = self.history.run(run_id)
        return run, run.claim(self.now) if run else "gone"

    def prepare_source(self, source: str) -> bytes:
        self.bodies += 1
        self.world.source.status = SOURCES[source][0]
        start = b"<html>" if source == "a page" else b"%PDF-1.7\n"
        self.world.source.body = start + f"number {self.bodies} ".encode() * 40
        return self.world.source.body
