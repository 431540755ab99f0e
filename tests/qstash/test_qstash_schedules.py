"""Schedules: that they publish when it is time, with what, and how they are managed."""

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

from qstash.message import FlowControl, FlowControlProperties
from qstash.schedule import Schedule

from tests.qstash.clocks import SteppingClock
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, eventually, verify

_START = "2026-06-01T12:00:30+00:00"
_START_MS = 1_780_315_230_000


def test_a_schedule_publishes_whenever_it_is_time(standing: LocalQueue, destination: Destination) -> None:
    schedule_id = standing.schedule(destination.url + "/job", "*/5 * * * *", body="tick", headers={"X-Mine": "1"})
    made = standing.client.schedule.get(schedule_id)
    assert (made.next_schedule_time, made.timeout, made.delay) == (_START_MS + 270_000, None, None)
    standing.step(269)
    standing.publish(url=destination.url + "/other", body="")
    destination.wait("/other")
    assert destination.at("/job") == []
    for count in (1, 2, 3):
        standing.step(1 if count == 1 else 300)
        received = destination.wait("/job", count)[-1]
        assert (received.body, received.headers["x-mine"]) == (b"tick", "1")
        assert received.headers["upstash-schedule-id"] == schedule_id
        found = standing.client.schedule.get(schedule_id)
        assert found.last_schedule_time == _START_MS + 270_000 + (count - 1) * 300_000
        assert found.next_schedule_time == found.last_schedule_time + 300_000
    ids = [received.headers["upstash-message-id"] for received in destination.at("/job")]
    assert len(set(ids)) == 3


def test_what_a_schedule_publishes_is_signed(start_queue: StartQueue, destination: Destination) -> None:
    clock = SteppingClock(datetime.fromtimestamp(time.time() - 60, UTC).isoformat())
    start_queue(clock).schedule(destination.url + "/job", body="tick")
    clock.step(60)
    verify(destination.wait("/job")[0])


def test_the_speed_makes_a_schedule_come_sooner(start_queue: StartQueue, destination: Destination) -> None:
    clock = SteppingClock(_START, speed=60)
    queue = start_queue(clock)
    schedule_id = queue.schedule(destination.url + "/job")
    assert queue.client.schedule.get(schedule_id).next_schedule_time == _START_MS + 500
    clock.step(0.5)
    destination.wait("/job", 1)
    assert queue.client.schedule.get(schedule_id).next_schedule_time == _START_MS + 1500
    clock.step(1)
    destination.wait("/job", 2)
    clock.step(3.2)
    destination.wait("/job", 3)
    assert queue.client.schedule.get(schedule_id).next_schedule_time == _START_MS + 5500
    assert len(destination.at("/job")) == 3


def test_times_that_pass_while_the_laptop_sleeps_come_once(standing: LocalQueue, destination: Destination) -> None:
    schedule_id = standing.schedule(destination.url + "/job")
    standing.step(3600)
    destination.wait("/job", 1)
    assert standing.client.schedule.get(schedule_id).next_schedule_time == _START_MS + 3_630_000
    standing.step(30)
    destination.wait("/job", 2)
    standing.settle()
    assert len(destination.at("/job")) == 2


def test_an_expression_is_read_in_its_zone(standing: LocalQueue, destination: Destination) -> None:
    berlin = standing.schedule(destination.url + "/berlin", "CRON_TZ=Europe/Berlin 15 14 * * *")
    utc = standing.schedule(destination.url + "/utc", "15 14 * * *")
    assert standing.client.schedule.get(berlin).next_schedule_time == _START_MS + 870_000
    assert standing.client.schedule.get(berlin).cron == "CRON_TZ=Europe/Berlin 15 14 * * *"
    assert standing.client.schedule.get(utc).next_schedule_time == _START_MS + 8_070_000
    standing.step(870)
    destination.wait("/berlin")
    assert destination.at("/utc") == []


def test_every_option_of_a_message_is_one_of_a_schedule(standing: LocalQueue, destination: Destination) -> None:
    job = destination.answer("/job", Answer(500))
    schedule_id = standing.schedule(
        job,
        body=b"\xff",
        content_type="application/octet-stream",
        method="PUT",
        headers={"X-Mine": "1"},
        retries=0,
        retry_delay="1000 * (1 + retried)",
        callback=destination.url + "/back",
        callback_headers={"Upstash-Callback-Forward-X-Back": "2"},
        failure_callback=destination.url + "/failed",
        failure_callback_headers={"Upstash-Failure-Callback-Forward-X-Failed": "3"},
        delay="1h",
        timeout=30,
        label="nightly",
        queue="line",
        flow_control=FlowControl(key="mine", parallelism=2, rate=10, period="1m"),
    )
    assert standing.client.schedule.get(schedule_id) == Schedule(
        schedule_id=schedule_id,
        destination=job,
        cron="* * * * *",
        created_at=_START_MS,
        body=None,
        body_base64=base64.b64encode(b"\xff").decode(),
        method="PUT",
        headers={"Content-Type": ["application/octet-stream"], "X-Mine": ["1"]},
        callback_headers={"X-Back": ["2"]},
        failure_callback_headers={"X-Failed": ["3"]},
        retries=0,
        retry_delay_expression="1000 * (1 + retried)",
        callback=destination.url + "/back",
        failure_callback=destination.url + "/failed",
        queue="line",
        delay=3600,
        timeout=30,
        caller_ip="127.0.0.1",
        paused=False,
        flow_control=FlowControlProperties("mine", 2, 10, 60),
        last_schedule_time=None,
        next_schedule_time=_START_MS + 30_000,
        last_schedule_states=None,
        error=None,
        label="nightly",
    )
    standing.step(30)
    eventually(lambda: standing.service.all_pending())
    [pending] = standing.service.all_pending()
    message = standing.client.message.get(pending.id)
    assert (message.schedule_id, message.queue, message.label) == (schedule_id, "line", "nightly")
    standing.client.schedule.pause(schedule_id)
    standing.step(3600)
    [received] = destination.wait("/job")
    assert (received.method, received.body, received.headers["x-mine"]) == ("PUT", b"\xff", "1")
    assert destination.wait("/back")[0].headers["x-back"] == "2"
    [failed] = destination.wait("/failed")
    assert failed.headers["x-failed"] == "3"
    assert json.loads(failed.body)["scheduleId"] == schedule_id
    [letter] = standing.client.dlq.list(filter={"schedule_id": schedule_id}).messages
    assert (letter.schedule_id, letter.queue) == (schedule_id, "line")
    assert {log.schedule_id for log in standing.client.log.list(filter={"message_id": message.message_id}).logs} == {
        schedule_id
    }


def test_a_schedule_to_a_url_group_reaches_each_endpoint(standing: LocalQueue, destination: Destination) -> None:
    endpoints: Any = [{"url": destination.url + path} for path in ("/one", "/two")]
    standing.client.url_group.upsert_endpoints("group", endpoints)
    schedule_id = standing.schedule("group")
    standing.step(60)
    destination.wait("/one")
    destination.wait("/two")
    assert standing.client.schedule.get(schedule_id).destination == "group"
    standing.settle()
    assert len(standing.client.schedule.get(schedule_id).last_schedule_states or {}) == 2
