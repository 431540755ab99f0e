"""Duplicates are accepted and not sent."""

from typing import Any

import pytest
from qstash.errors import QStashError

from tests.qstash.destination import Destination
from tests.qstash.servers import LocalQueue


def test_the_same_id_is_sent_once_and_answered_with_the_first_message(
    skipping: LocalQueue, destination: Destination
) -> None:
    first = skipping.publish(url=destination.url + "/job", body="1", deduplication_id="run-1")
    again = skipping.publish(url=destination.url + "/job", body="2", deduplication_id="run-1")
    other = skipping.publish(url=destination.url + "/job", body="3", deduplication_id="run-2")

    assert (again.message_id, again.deduplicated) == (first.message_id, True)
    assert other.deduplicated is False
    skipping.settle()
    assert sorted(each.body for each in destination.at("/job")) == [b"1", b"3"]


def test_a_duplicate_is_answered_with_202(queue: LocalQueue, destination: Destination) -> None:
    headers = {"Upstash-Deduplication-Id": "x"}
    answers = [queue.http.post(f"/v2/publish/{destination.url}/job", headers=headers) for _ in range(2)]
    assert [answered.status_code for answered in answers] == [200, 202]
    assert answers[1].json() == {"messageId": answers[0].json()["messageId"], "deduplicated": True}


def test_an_id_is_forgotten_after_ten_minutes(skipping: LocalQueue, destination: Destination) -> None:
    def publish() -> bool:
        return skipping.publish(url=destination.url + "/job", body="", deduplication_id="x").deduplicated

    assert publish() is False
    skipping.skip(595)
    assert publish() is True
    skipping.skip(10)
    assert publish() is False


@pytest.mark.parametrize(
    ("difference", "duplicate"),
    [
        ({}, True),
        ({"label": "other"}, True),
        ({"body": "other"}, False),
        ({"content_type": "text/html"}, False),
        ({"headers": {"A": "2"}}, False),
        ({"url": "/elsewhere"}, False),
    ],
)
def test_content_is_destination_body_content_type_and_forwarded_headers(
    queue: LocalQueue, destination: Destination, difference: dict[str, Any], duplicate: bool
) -> None:
    message = {"url": "/job", "body": "x", "content_type": "text/plain", "headers": {"A": "1"}}

    def publish(content: dict[str, Any]) -> bool:
        return queue.publish(
            **{**content, "url": destination.url + content["url"]}, content_based_deduplication=True
        ).deduplicated

    assert publish(message) is False
    assert publish({**message, **difference}) is duplicate


def test_a_refused_message_does_not_use_up_its_id(queue: LocalQueue, destination: Destination) -> None:
    message = {"url": destination.url + "/job", "body": "", "deduplication_id": "x"}
    with pytest.raises(QStashError, match="status: 400"):
        queue.publish(**message, method="BREW")
    assert queue.publish(**message).deduplicated is False
