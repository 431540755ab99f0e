"""The gateway calls a function with a queue's messages as Lambda does.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.local.gateway.access_log import AccessLog
from infra.local.gateway.limits import Limits
from infra.local.gateway.messages import failures, mapped
from infra.local.gateway.pool import Pool
from infra.local.gateway.sqs import SqsError, SqsQueue
from infra.local.gateway.template import Messages, read_functions
from infra.local.sqs import QUEUE, REGION
from infra.local.state import ROOT
from tests.sqs.moto_sqs import ENVIRONMENT, MotoSqs

FIXTURE = Path(__file__).parent / "fixture"
TAKE, OTHER = read_functions(FIXTURE / "template.yaml")
PATIENCE_SECONDS = 20


class Mapping:
    def __init__(self, sqs: MotoSqs, folder: Path) -> None:
        self.sqs, self._folder, self._client = sqs, folder, sqs.client()

    def put(self, *bodies: str, **attributes: str) -> None:
        for body in bodies:
            values = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
            self._client.send_message(QueueUrl=self.sqs.url, MessageBody=body, MessageAttributes=values)

    @property
    def events(self) -> list[Any]:
        file = self._folder / "events.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def log(self) -> list[Any]:
        return [json.loads(line) for line in (self._folder / "gateway.jsonl").read_text().splitlines()]

    def go(self) -> None:
        """Let those go that wait."""
        (self._folder / "events.go").touch()

    def left(self) -> list[str]:
        return sorted(message.body for message in self.sqs.messages())

    async def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < deadline, "it did not happen in time"
            await asyncio.sleep(0.01)

    async def settled(self, batches: int) -> list[Any]:
        """The log of so many batches, once they are over."""
        await self.until(lambda: len(self.log) >= batches)
        return self.log

    @asynccontextmanager
    async def running(self, url: str = "") -> AsyncIterator[None]:
        environment = {
            "PATH": os.environ["PATH"],
            "EVENTS": str(self._folder / "events.jsonl"),
            "PYTHONPATH": str(ROOT),
        }
        pool = Pool(TAKE, environment, self._folder / "take.jsonl", Limits())
        log = AccessLog(self._folder / "gateway.jsonl")
        async with mapped([pool], SqsQueue(url or self.sqs.url, ENVIRONMENT), log):
            yield
        await pool.close()
        log.close()
        self._client.close()


@pytest.fixture
def mapping(sqs: MotoSqs, tmp_path: Path) -> Mapping:
    return Mapping(sqs, tmp_path)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await test()

    asyncio.run(main())


def test_the_template_says_how_many_messages_are_taken_at_once() -> None:
    assert TAKE.messages == Messages(batch_size=5, at_once=2, reports_failures=True)
    assert OTHER.messages == Messages(batch_size=10, at_once=10, reports_failures=False)


def test_a_function_sees_what_lambda_shows_it(mapping: Mapping) -> None:
    async def test() -> None:
        async with mapping.running():
            mapping.put("hello", Reason="why")
            await mapping.settled(1)
        ((record,),) = [event["Records"] for event in mapping.events]
        assert {key: record[key] for key in ("body", "eventSource", "awsRegion", "eventSourceARN")} == {
            "body": "hello",
            "eventSource": "aws:sqs",
            "awsRegion": REGION,
            "eventSourceARN": f"arn:aws:sqs:{REGION}:000000000000:{QUEUE}",
        }
        assert record["attributes"]["ApproximateReceiveCount"] == "1"
        assert record["messageAttributes"] == {"Reason": {"stringValue": "why", "dataType": "String"}}
        assert record["messageId"]
        assert record["receiptHandle"]
        assert len(record["md5OfBody"]) == 32

    run(test)


def test_what_succeeded_is_deleted_and_what_failed_stays_hidden(mapping: Mapping) -> None:
    async def test() -> None:
        mapping.put("one", "fail", "two")
        async with mapping.running():
            (line,) = await mapping.settled(1)
        assert (line["messages"], line["left"], line["outcome"]) == (3, 1, "ok")
        assert mapping.left() == ["fail"]
        assert mapping.sqs.due_in()[0] > 60

    run(test)


@pytest.mark.parametrize("word", ["raise", "exit", "odd"])
def test_of_an_event_that_fails_whole_everything_stays(word: str, mapping: Mapping) -> None:
    async def test() -> None:
        mapping.put("one", word)
        async with mapping.running():
            (line,) = await mapping.settled(1)
        assert line["left"] == 2
        assert mapping.left() == sorted(["one", word])

    run(test)


def test_a_function_that_returns_nothing_has_succeeded(mapping: Mapping) -> None:
    async def test() -> None:
        mapping.put("one", "nothing")
        async with mapping.running():
            await mapping.settled(1)
        assert mapping.left() == []

    run(test)


def test_no_more_events_are_under_way_than_were_chosen_and_no_message_waits_hidden_for_its_turn(
    mapping: Mapping,
) -> None:
    async def test() -> None:
        async with mapping.running():
            for count in (1, 2):
                mapping.put("wait")
                await mapping.until(lambda count=count: len(mapping.events) == count)  # type: ignore[misc]
            mapping.put("later")
            await asyncio.sleep(0.3)
            assert len(mapping.events) == 2
            assert len([due for due in mapping.sqs.due_in() if due <= 0]) == 1
            mapping.go()
            await mapping.settled(3)
        assert mapping.left() == []

    run(test)


def test_a_queue_that_is_away_is_asked_again(mapping: Mapping) -> None:
    async def test() -> None:
        async with mapping.running("http://127.0.0.1:1/1/queue"):
            lines = await mapping.settled(2)
        assert {line["error"] for line in lines} == {"SQS: ConnectError"}

    run(test)


def test_a_queue_that_refuses_says_why() -> None:
    async def test() -> None:
        async with SqsQueue("http://127.0.0.1:1/1/queue", ENVIRONMENT) as queue:
            with pytest.raises(SqsError, match="ConnectError"):
                await queue.receive(1)

    run(test)


def test_what_is_not_there_is_refused_by_name(sqs: MotoSqs) -> None:
    async def test() -> None:
        async with SqsQueue(sqs.url + "-other", ENVIRONMENT) as queue:
            with pytest.raises(SqsError, match=r"^(AWS\.SimpleQueueService\.NonExistentQueue|QueueDoesNotExist)$"):
                await queue.receive(1)
            with pytest.raises(SqsError):
                await queue.delete(["handle"])

    run(test)


def test_the_end_waits_for_no_message(mapping: Mapping) -> None:
    """Neither for one that SQS holds the request for, nor for one that is under way."""

    async def test() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS / 2), mapping.running():
            mapping.put("wait")
            await mapping.until(lambda: len(mapping.events) == 1)
        assert mapping.left() == ["wait"]

    run(test)


ONE, TWO = {"MessageId": "1"}, {"MessageId": "2"}


def named(*ids: str | None) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": each} for each in ids]}


@pytest.mark.parametrize(
    ("result", "left"),
    [(None, set()), ({}, set()), ({"batchItemFailures": []}, set()), ({"batchItemFailures": None}, set()),
     (named("1"), {"1"}), (named(""), {"1", "2"}), (named(None), {"1", "2"}), (named("3"), {"1", "2"}),
     (named("1", "3"), {"1", "2"}), ({"batchItemFailures": [{}]}, {"1", "2"}),
     ("words", {"1", "2"}), ([1], {"1", "2"})],
)  # fmt: skip
def test_what_an_answer_leaves_in_the_queue(result: Any, left: set[str]) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
    assert failures(result, [ONE, TWO]) == left


def test_where_failures_are_not_reported_an_answer_means_that_all_went_well(sqs: MotoSqs, tmp_path: Path) -> None:
    async def test() -> None:
        messages = replace(TAKE.messages, reports_failures=False) if TAKE.messages else None
        environment = {"PATH": os.environ["PATH"], "EVENTS": str(tmp_path / "events.jsonl"), "PYTHONPATH": str(ROOT)}
        pool = Pool(replace(TAKE, messages=messages), environment, tmp_path / "take.jsonl", Limits())
        log, mapping = AccessLog(tmp_path / "gateway.jsonl"), Mapping(sqs, tmp_path)
        async with mapped([pool], SqsQueue(sqs.url, ENVIRONMENT), log):
            mapping.put("fail")
            await mapping.settled(1)
        await pool.close()
        log.close()
        mapping._client.close()
        assert mapping.left() == []

    run(test)
