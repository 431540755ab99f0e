"""Queues that tell wrongly what became of a message, or show what they must not."""

import json
from dataclasses import replace
from typing import Any

from handoff.jobs.answers import Answer
from handoff.testing.courier import Carried, Courier
from tests.conformance.broken.receivers import Broken


class Misreporting(Courier):
    """Tells another report than it should."""

    def told(self, carried: Carried, report: dict[str, Any]) -> dict[str, Any]:
        return report

    def _report(self, url: str, carried: Carried, answered: Answer, dead_letter_id: str | None = None) -> None:
        super()._report(url, carried, answered, dead_letter_id)
        name, message = list(self._queue.sent.items())[-1]
        body = json.dumps(self.told(carried, json.loads(message.body))).encode()
        self._queue.sent[name] = replace(message, body=body)


class TestLeavesTheHeadersOut(Broken):
    breaks = "test_each_attempt_is_reported_as_it_went"

    class carries(Misreporting):
        def told(self, carried: Carried, report: dict[str, Any]) -> dict[str, Any]:
            return {**report, "header": {}}


class TestCallsEveryReportFinal(Broken):
    breaks = "test_only_the_last_report_is_final"

    class carries(Misreporting):
        def told(self, carried: Carried, report: dict[str, Any]) -> dict[str, Any]:
            return {**report, "maxRetries": 0} if carried.message.retries == 9 else report


class TestKeepsNoDeadLetter(Broken):
    breaks = "test_giving_up_is_reported_once_with_the_id_of_the_dead_letter"

    class carries(Misreporting):
        def told(self, carried: Carried, report: dict[str, Any]) -> dict[str, Any]:
            return {**report, "dlqId": None}


class TestGivesUpWhatSucceeded(Broken):
    breaks = "test_a_success_is_not_reported_as_giving_up"

    class carries(Courier):
        def _ended(self, carried: Carried) -> None:
            assert carried.call is not None
            answered = carried.call.result()
            super()._ended(carried)
            if answered.succeeded and carried.retried:
                self._give_up(carried, answered)


class TestMakesAnAnswerUp(Broken):
    breaks = "test_where_nothing_answered_the_report_has_no_status"

    class carries(Misreporting):
        def told(self, carried: Carried, report: dict[str, Any]) -> dict[str, Any]:
            return {**report, "status": report["status"] or 502}


class TestCutsALargeAnswer(Broken):
    breaks = "test_a_large_answer_is_reported_whole_or_said_to_be_cut"

    class carries(Misreporting):
        def told(self, carried: Carried, report: dict[str, Any]) -> dict[str, Any]:
            return {**report, "body": report["body"][:1000]}


class TestReportsOnce(Broken):
    breaks = "test_a_report_that_is_not_taken_comes_again"

    class carries(Courier):
        def _report(self, url: str, carried: Carried, answered: Answer, dead_letter_id: str | None = None) -> None:
            super()._report(url, carried, answered, dead_letter_id)
            name, message = list(self._queue.sent.items())[-1]
            self._queue.sent[name] = replace(message, retries=0)


class TestBringsACredentialBack(Broken):
    breaks = "test_a_credential_goes_with_the_call_and_comes_back_with_no_report"

    class carries(Misreporting):
        def told(self, carried: Carried, report: dict[str, Any]) -> dict[str, Any]:
            credential = self._queue.credentials.get(carried.message.credential or "")
            return {**report, "sourceHeader": {"Authorization": [credential]}}


class TestShowsEveryHeader(Broken):
    breaks = "test_what_is_to_be_redacted_is_shown_to_nobody"

    class carries(Courier):
        def _shown(self, carried: Carried) -> dict[str, Any]:
            return {**super()._shown(carried), "headers": dict(carried.message.headers)}


class TestShowsACredential(Broken):
    breaks = "test_the_queue_shows_no_credential"

    class carries(Courier):
        def _shown(self, carried: Carried) -> dict[str, Any]:
            credential = self._queue.credentials.get(carried.message.credential or "")
            return {**super()._shown(carried), "credential": credential}
