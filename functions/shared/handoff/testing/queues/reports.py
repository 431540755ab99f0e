"""What became of a message is told, of each attempt and at the end."""

import json

import pytest

from handoff.errors import InvalidDeliveryError
from handoff.jobs.queues.base import Delivery, Queue
from handoff.testing.destination import Answer
from handoff.testing.queues.base import BODY, QueueFixtures, Scene

ODD: list[object] = [None, True, -1, 1.5, 10**30, "text", "é", "not base64!", [], ["x"], {}, {"of": "another kind"}]
NO_REPORTS = [b"", b"{", b"null", b"[]", b"{}", b"5", b"\xff\xfe", b"[" * 50_000, b'"' + b"x" * 100_000 + b'"']


class Reports(QueueFixtures):
    """What became of a message is told, of each attempt and at the end."""

    def test_each_attempt_is_reported_as_it_went(self, scene: Scene) -> None:
        body = bytes(range(256))
        scene.destination.answer("/job", Answer(503, {"X-Which": "a"}, b"\xffnot yet"), Answer(201, {}, b"done"))
        message_id = scene.send(body=body, retries=2, callback_url=scene.url("/back"))
        first, second = scene.reports("/back", 2)
        assert (first.status, first.body, first.headers["x-which"]) == (503, b"\xffnot yet", "a")
        assert (second.status, second.body, second.headers.get("x-which")) == (201, b"done", None)
        assert [(each.retried, each.max_retries) for each in (first, second)] == [(0, 2), (1, 2)]
        assert {each.source_body for each in (first, second)} == {body}
        assert {each.message_id for each in (first, second)} == {message_id}
        assert {each.dead_letter_id for each in (first, second)} == {None}

    def test_only_the_last_report_is_final(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(500))
        scene.send(retries=2, callback_url=scene.url("/back"))
        assert [report.is_final for report in scene.reports("/back", 3)] == [False, False, True]
        scene.destination.answer("/other", Answer(500), Answer(200))
        scene.send("/other", retries=9, callback_url=scene.url("/again"))
        assert [report.is_final for report in scene.reports("/again", 2)] == [False, True]

    def test_giving_up_is_reported_once_with_the_id_of_the_dead_letter(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(500, {}, b"broken"))
        message_id = scene.send(retries=1, failure_callback_url=scene.url("/failed"))
        scene.arrived("/failed")
        scene.later()
        (report,) = scene.reports("/failed")
        assert (report.source_body, report.message_id) == (BODY, message_id)
        assert (report.status, report.body, report.retried, report.max_retries) == (500, b"broken", 1, 1)
        assert report.dead_letter_id

    def test_what_is_forbidden_to_be_tried_again_is_given_up_at_once(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(489, {"Upstash-NonRetryable-Error": "true"}))
        before = scene.clock.now()
        scene.send(retries=3, failure_callback_url=scene.url("/failed"))
        (report,) = scene.reports("/failed")
        assert (report.status, report.retried) == (489, 0)
        assert scene.arrived("/failed")[0].at - before < scene.pause_seconds

    def test_a_success_is_not_reported_as_giving_up(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(500), Answer(200))
        scene.send(retries=1, failure_callback_url=scene.url("/failed"))
        scene.arrived(count=2)
        scene.later()
        assert scene.destination.arrived("/failed") == []

    def test_where_nothing_answered_the_report_has_no_status(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(0))
        scene.send(callback_url=scene.url("/back"))
        (report,) = scene.reports("/back")
        assert (report.status, report.headers, report.source_body) == (None, {}, BODY)

    def test_a_large_answer_is_reported_whole_or_said_to_be_cut(self, scene: Scene) -> None:
        body = bytes(range(251)) * 200
        scene.destination.answer("/job", Answer(200, {}, body))
        scene.send(callback_url=scene.url("/back"))
        (report,) = scene.reports("/back")
        assert report.body == body or report.is_truncated

    def test_a_report_that_is_not_taken_comes_again(self, scene: Scene) -> None:
        scene.destination.answer("/back", Answer(500), Answer(200))
        scene.send(retries=1, callback_url=scene.url("/back"))
        first, second = scene.arrived("/back", 2)
        assert first.body == second.body
        assert len(scene.destination.arrived("/job")) == 1

    def test_words_that_nobody_has_documented_do_not_cost_a_report(self, scene: Scene) -> None:
        """A report as the queue sends it, with each of its fields in turn made another."""
        scene.destination.answer("/job", Answer(500, {"X-Which": "a"}))
        scene.send(callback_url=scene.url("/back"))
        report = json.loads(scene.arrived("/back")[0].body)
        costly = {name for name in report for odd in ODD if _source(scene.receiver, {**report, name: odd}) != BODY}
        assert len(costly) <= 1, "but for the one that holds the message"
        assert all(_source(scene.receiver, {**report, "a new field": odd}) == BODY for odd in ODD)

    @pytest.mark.parametrize("body", NO_REPORTS, ids=range(len(NO_REPORTS)))
    def test_what_is_no_report_can_never_be_read(self, body: bytes, receiver: Queue) -> None:
        with pytest.raises(InvalidDeliveryError):
            receiver.read_report(Delivery(body, None, 0))


def _source(receiver: Queue, report: object) -> bytes | None:
    try:
        return receiver.read_report(Delivery(json.dumps(report).encode(), None, 0)).source_body
    except InvalidDeliveryError:
        return None
