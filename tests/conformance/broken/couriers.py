"""Queues that make a call wrongly, or too often, or not often enough."""

import logging
from dataclasses import replace
from urllib.parse import urlsplit

from handoff.jobs.answers import FORBIDDEN, Answer
from handoff.jobs.queues.base import FlowControl
from handoff.testing.courier import Carried, Courier
from tests.conformance.broken.receivers import Broken


def with_body(carried: Carried, body: bytes) -> Carried:
    return replace(carried, message=replace(carried.message, body=body))


class TestDecodesABody(Broken):
    breaks = "test_a_body_arrives_byte_by_byte"

    class carries(Courier):
        def _call(self, carried: Carried, headers: dict[str, str]) -> Answer:
            return super()._call(with_body(carried, carried.message.body.replace(b"%2B", b"+")), headers)


class TestCutsALargeBody(Broken):
    breaks = "test_a_body_as_large_as_the_queue_takes_arrives"

    class carries(Courier):
        def _call(self, carried: Carried, headers: dict[str, str]) -> Answer:
            return super()._call(with_body(carried, carried.message.body[:700_000]), headers)


class TestAlwaysPosts(Broken):
    breaks = "test_method_and_headers_are_those_of_the_message"

    class carries(Courier):
        def _call(self, carried: Carried, headers: dict[str, str]) -> Answer:
            return super()._call(replace(carried, message=replace(carried.message, method="POST")), headers)


class TestTellsAnotherMessage(Broken):
    breaks = "test_a_delivery_tells_which_message_it_is"

    class carries(Courier):
        def _headers(self, carried: Carried) -> dict[str, str]:
            return {**super()._headers(carried), "Handoff-Message-Id": "memory-0"}


class TestForgetsItsAttempts(Broken):
    breaks = "test_a_delivery_tells_how_many_attempts_came_before"

    class carries(Courier):
        def _headers(self, carried: Carried) -> dict[str, str]:
            return super()._headers(replace(carried, retried=0))


class TestDelaysNothing(Broken):
    breaks = "test_a_delay_is_waited_out"

    class carries(Courier):
        def _collect(self) -> None:
            super()._collect()
            for carried in self._carried:
                if carried.message.delay_seconds == 3 * 60:
                    carried.due = 0.0


class TestPausesAlwaysTheSame(Broken):
    breaks = "test_a_pause_follows_each_failed_attempt_and_doubles"

    class carries(Courier):
        def _pause(self, carried: Carried, answered: Answer) -> float:
            return super()._pause(replace(carried, retried=0), answered)


class TestTriesOnceMore(Broken):
    breaks = "test_attempts_end_when_the_retries_are_used_up"

    class carries(Courier):
        def _ended(self, carried: Carried) -> None:
            message = carried.message
            if message.retries == 2 and not message.callback_url and carried.retried == 2:
                carried.message = replace(message, retries=3)
            super()._ended(carried)


class Mishearing(Courier):
    """Hears another answer than was given."""

    def heard(self, carried: Carried, answered: Answer) -> Answer:
        return answered

    def _call(self, carried: Carried, headers: dict[str, str]) -> Answer:
        return self.heard(carried, super()._call(carried, headers))


class TestKnowsThree2xx(Broken):
    breaks = "test_any_2xx_is_a_success"

    class carries(Mishearing):
        def heard(self, carried: Carried, answered: Answer) -> Answer:
            return replace(answered, status=500) if answered.status == 299 else answered


class TestFollowsARedirect(Broken):
    breaks = "test_a_redirect_is_a_failure_and_is_not_followed"

    class carries(Courier):
        def _call(self, carried: Carried, headers: dict[str, str]) -> Answer:
            answered = super()._call(carried, headers)
            if "location" not in answered.headers:
                return answered
            elsewhere = replace(carried.message, url=answered.headers["location"])
            assert urlsplit(elsewhere.url).scheme
            super()._call(replace(carried, message=elsewhere), headers)
            return answered


class TestTriesWhatIsForbidden(Broken):
    breaks = "test_an_answer_that_forbids_it_is_the_last"

    class carries(Mishearing):
        def heard(self, carried: Carried, answered: Answer) -> Answer:
            is_forbidden = answered.forbids_another and not carried.message.failure_callback_url
            return replace(answered, headers={}) if is_forbidden else answered


class TestGivesUpLate(Broken):
    breaks = "test_what_is_forbidden_to_be_tried_again_is_given_up_at_once"

    class carries(Courier):
        def _report(self, url: str, carried: Carried, answered: Answer, dead_letter_id: str | None = None) -> None:
            super()._report(url, carried, answered, dead_letter_id)
            if answered.status == 489:
                name = list(self._queue.sent)[-1]
                self._queue.sent[name] = replace(self._queue.sent[name], delay_seconds=90)


class TestGivesUpWhatIsNotFound(Broken):
    breaks = "test_any_other_answer_is_a_failure_that_may_pass"

    class carries(Mishearing):
        def heard(self, carried: Carried, answered: Answer) -> Answer:
            return FORBIDDEN if answered.status == 404 else answered


class TestWaitsForDays(Broken):
    breaks = "test_a_pause_of_more_than_a_day_is_passed_over"

    class carries(Courier):
        def _pause(self, carried: Carried, answered: Answer) -> float:
            told = answered.headers.get("retry-after", "")
            return float(told) if told.isdigit() else super()._pause(carried, answered)


class TestStumblesOverADate(Broken):
    breaks = "test_a_pause_that_nobody_can_read_is_passed_over"

    class carries(Mishearing):
        def heard(self, carried: Carried, answered: Answer) -> Answer:
            return FORBIDDEN if ")" in answered.headers.get("retry-after", "") else answered


class TestListensTo503Only(Broken):
    breaks = "test_an_answer_may_say_how_long_to_pause"

    class carries(Mishearing):
        def heard(self, carried: Carried, answered: Answer) -> Answer:
            return replace(answered, headers={}) if answered.status == 409 else answered


class TestWaitsForEver(Broken):
    breaks = "test_an_attempt_that_takes_too_long_is_a_failure"

    class carries(Courier):
        def _call(self, carried: Carried, headers: dict[str, str]) -> Answer:
            return super()._call(replace(carried, message=replace(carried.message, timeout_seconds=None)), headers)


class TestTakesSilenceForConsent(Broken):
    breaks = "test_a_destination_that_hangs_up_is_a_failure"

    class carries(Mishearing):
        def heard(self, carried: Carried, answered: Answer) -> Answer:
            message = carried.message
            is_silence = answered.status is None and not message.timeout_seconds and not message.callback_url
            return Answer(204) if is_silence else answered


class TestCallsAllAtOnce(Broken):
    breaks = "test_messages_of_one_key_are_called_no_more_than_so_many_at_once"

    class carries(Courier):
        def _due_of(self, flow: FlowControl) -> float:
            return super()._due_of(replace(flow, parallelism=None))


class TestCallsAllInOnePeriod(Broken):
    breaks = "test_messages_of_one_key_are_begun_no_more_than_so_many_in_a_period"

    class carries(Courier):
        def _due_of(self, flow: FlowControl) -> float:
            return super()._due_of(replace(flow, rate=None))


class TestLogsWhatItSends(Broken):
    breaks = "test_nothing_is_logged_that_opens_a_door"

    class carries(Courier):
        def _call(self, carried: Carried, headers: dict[str, str]) -> Answer:
            logging.getLogger("broken").info("calling with %s", headers)
            return super()._call(carried, headers)
