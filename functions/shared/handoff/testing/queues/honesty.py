"""What a vendor cannot do, its provider says, and where that stands."""

import re

from handoff.jobs.queues.base import Capability, Queue
from handoff.testing.queues.base import QueueFixtures


class Honesty(QueueFixtures):
    """What a vendor cannot do, its provider says, and where that stands."""

    def test_what_it_cannot_do_it_says_with_the_page_that_tells(self, queue: Queue) -> None:
        assert set(queue.cannot) <= set(Capability)
        # The vendor's page; or, of a queue of our own, its module.
        assert all(re.match(r"https://\w|handoff\.", page) for page in queue.cannot.values())

    def test_loading_what_sending_needs_may_be_asked_for_twice(self, queue: Queue) -> None:
        queue.prepare()
        queue.prepare()
