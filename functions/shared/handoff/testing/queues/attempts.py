"""A call is made until it succeeds, is forbidden, or its retries are used up."""

import pytest

from handoff.jobs.queues.base import Capability, FlowControl
from handoff.testing.destination import Answer
from handoff.testing.promises import asks
from handoff.testing.queues.base import QueueFixtures, Scene

NEVER_AGAIN = Answer(489, {"Upstash-NonRetryable-Error": "true"})
"""What request_handler answers: https://upstash.com/docs/qstash/features/retry"""


class Attempts(QueueFixtures):
    """A call is made until it succeeds, is forbidden, or its retries are used up."""

    def test_a_pause_follows_each_failed_attempt_and_doubles(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(500), Answer(503), Answer(200))
        scene.send(retries=2)
        first, second, third = (arrived.at for arrived in scene.arrived(count=3))
        pause = scene.pause_seconds
        assert pause - 1 <= second - first < 2 * pause - 1 <= third - second < 4 * pause - 1

    def test_attempts_end_when_the_retries_are_used_up(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(500))
        scene.send(retries=2)
        scene.arrived(count=3)
        scene.later(16)
        assert len(scene.destination.arrived("/job")) == 3

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 206, 299])
    def test_any_2xx_is_a_success(self, status: int, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(status))
        scene.send(retries=2)
        scene.arrived()
        scene.later()
        assert len(scene.destination.arrived("/job")) == 1

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_redirect_is_a_failure_and_is_not_followed(self, status: int, scene: Scene) -> None:
        """Whoever answers must not lead the queue, and what it carries, to another address."""
        scene.destination.answer("/job", Answer(status, {"Location": scene.url("/elsewhere")}), Answer(200))
        scene.send(retries=1)
        scene.arrived(count=2)
        assert scene.destination.arrived("/elsewhere") == []

    def test_an_answer_that_forbids_it_is_the_last(self, scene: Scene) -> None:
        scene.destination.answer("/job", NEVER_AGAIN)
        scene.send(retries=3)
        scene.arrived()
        scene.later()
        assert len(scene.destination.arrived("/job")) == 1

    @pytest.mark.parametrize(
        ("status", "headers"),
        [(400, {}), (401, {}), (404, {}), (429, {}), (489, {}), (500, {"Upstash-NonRetryable-Error": "true"})],
    )
    def test_any_other_answer_is_a_failure_that_may_pass(
        self, status: int, headers: dict[str, str], scene: Scene
    ) -> None:
        """To forbid another attempt takes the status and the header."""
        scene.destination.answer("/job", Answer(status, headers), Answer(200))
        scene.send(retries=1)
        assert len(scene.arrived(count=2)) == 2

    def test_a_pause_of_more_than_a_day_is_passed_over(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(503, {"Retry-After": str(2 * 86_400)}), Answer(200))
        scene.send(retries=1)
        first, second = (arrived.at for arrived in scene.arrived(count=2))
        assert second - first < 2 * scene.pause_seconds

    def test_a_pause_that_nobody_can_read_is_passed_over(self, scene: Scene) -> None:
        told = "Jan 1 )2020 1:1:1 +999999999999"
        scene.destination.answer("/job", Answer(503, {"Retry-After": told}), Answer(200))
        scene.send(retries=1)
        assert len(scene.arrived(count=2)) == 2

    @pytest.mark.parametrize("status", [409, 503])
    def test_an_answer_may_say_how_long_to_pause(self, status: int, scene: Scene) -> None:
        wished = 5 * scene.pause_seconds
        scene.destination.answer("/job", Answer(status, {"Retry-After": str(wished)}), Answer(200))
        scene.send(retries=1)
        first, second = (arrived.at for arrived in scene.arrived(count=2))
        assert wished - 1 <= second - first < 2 * wished

    def test_an_attempt_that_takes_too_long_is_a_failure(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(held=True), Answer(200))
        scene.send(retries=1, timeout_seconds=1)
        assert len(scene.arrived(count=2)) == 2

    def test_a_destination_that_hangs_up_is_a_failure(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(0), Answer(200))
        scene.send(retries=1)
        assert len(scene.arrived(count=2)) == 2

    @asks(Capability.PARALLELISM)
    def test_messages_of_one_key_are_called_no_more_than_so_many_at_once(self, scene: Scene) -> None:
        """Those of another key, and of none, are not kept waiting by them."""
        scene.destination.answer("/job", Answer(held=True))
        for _ in range(4):
            scene.send(flow_control=FlowControl("one", parallelism=2))
        scene.send("/other", flow_control=FlowControl("another", parallelism=2))
        scene.send("/free")
        limited = scene.can(Capability.PARALLELISM)
        scene.arrived(count=2 if limited else 4)
        scene.arrived("/other")
        scene.arrived("/free")
        scene.destination.release()
        scene.arrived(count=4)
        assert scene.destination.most_at_once("/job") == (2 if limited else 4)

    @asks(Capability.RATE)
    def test_messages_of_one_key_are_begun_no_more_than_so_many_in_a_period(self, scene: Scene) -> None:
        period = 2 * scene.pause_seconds
        for _ in range(5):
            scene.send(flow_control=FlowControl("slow", rate=2, period_seconds=period))
        at = sorted(arrived.at for arrived in scene.arrived(count=5))
        if scene.can(Capability.RATE):
            # In the first period two, in the next two: the fifth comes a whole period after the first at the least.
            assert at[4] - at[0] >= period - 1
